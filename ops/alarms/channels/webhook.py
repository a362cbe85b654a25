"""A web address that takes each message as JSON by POST.

It gets the fields of the message as one object; the header `Idempotency-Key` is the message's identity, the same when
it is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ops.alarms.channels import _http
from ops.interfaces.channel import Channel, Message


@dataclass(frozen=True)
class Options:
    """Where messages go.

    url: the address; `{secret}` in it stands for the channel's secret.
    secret: whether the address needs a secret; without `{secret}` in the address it is sent as a bearer token.
    """

    url: str
    secret: bool = False


def send(options: Options, message: Message, secret: str) -> None:
    """Post a message; raise Unavailable where the other side does not take it."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.identity}
    if options.secret and "{secret}" not in options.url:
        headers["Authorization"] = f"Bearer {secret}"
    body = json.dumps(asdict(message), ensure_ascii=False).encode()
    _http.asked("POST", options.url.replace("{secret}", secret), body, headers)


def refused(options: Options) -> Iterator[str]:
    """Yield why an address can't be asked."""
    if why := _http.refused(options.url.replace("{secret}", "x")):
        yield f"url {why}"


KIND = Channel(
    Options, send=send, needs_secret=lambda options: options.secret, refused=refused, synonyms=("http", "post")
)
