"""A kind of channel by which alarms go out, and what it is given to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

O = TypeVar("O")


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A contact to whom something is told."""

    contact: str
    name: str
    mail: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is told of an incident. It may be sent twice, after a power cut; then it has the same identity.

    identity, thread: of this message and of the incident's first, such as `his1.3.20261122T130000.0`. state: why it is
    told. level: the verdict. moment: when it was made, in ISO format.
    """

    identity: str
    thread: str
    incident: int
    machine: str
    state: str
    level: str
    subject: str
    text: str
    moment: str
    to: tuple[Recipient, ...] = ()
    checks: tuple[str, ...] = field(default_factory=tuple)


def none_refused(_options: object) -> Iterable[str]:
    """Say that nothing is wrong with options."""
    return ()


@dataclass(frozen=True)
class Channel(Generic[O]):
    """A kind of channel.

    options: their type. needs_secret: whether, with these options, it is given the secret of its name.
    send: brings a message to people, given options and secret; raises SeawallError or OSError where it can't.
    beat: says that somebody still looks; given options, secret and whether all could be looked at. Either of both is
    None. refused: what is wrong with options beyond their types. synonyms: what else people call it.
    """

    options: type[O]
    send: Callable[[O, Message, str], None] | None = None
    beat: Callable[[O, bool, str], None] | None = None
    needs_secret: Callable[[O], bool] = lambda _options: False
    refused: Callable[[O], Iterable[str]] = none_refused
    synonyms: tuple[str, ...] = ()
