"""Which of two values of a key demands more: declared once, beside the key, as in `Annotated[Duration, LESS]`."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ops.core.calendar import Calendar
from ops.core.calendar.covering import covers


@dataclass(frozen=True)
class Order:
    """How the values of a key are compared.

    words: which of two is the stricter one, as the reference says it. meets: whether the first of two values demands at
    least what the second does, both of the key's type; the third is the site's time zone.
    """

    words: str
    meets: Callable[[Any, Any, str], bool]


LESS = Order("the smaller one is stricter", lambda own, demanded, _: own <= demanded)
MORE = Order("the larger one is stricter", lambda own, demanded, _: own >= demanded)
NO = Order("`false` is stricter", lambda own, demanded, _: not own or bool(demanded))


def _on_all_days(own: Calendar, demanded: Calendar, zone: str) -> bool:
    return covers(own, demanded, zone)


DAYS = Order("the one that comes on all days of the other is stricter", _on_all_days)


def rising(*choices: str) -> Order:
    """Return the order of some words, the loosest first."""
    return Order(f"`{choices[-1]}` is stricter", lambda own, demanded, _: choices.index(own) >= choices.index(demanded))


def of(hint: Any) -> Order | None:
    """Return the order that stands beside a key, given its type with what is annotated; None where there is none."""
    for part in (hint, *typing.get_args(hint)):
        for word in getattr(part, "__metadata__", ()):
            if isinstance(word, Order):
                return word
    return None
