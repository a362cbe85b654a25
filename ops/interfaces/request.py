"""What a person asks of a job beyond its everyday run, on its way to the unit that does it.

A unit has no arguments of its own; so what was asked lies in a file of one run. It is read here, within limits. The
file names the act that it is for, and until when: what was asked of one run says nothing of the next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse
from ops.core.errors import Damaged
from ops.core.schema import encode

VERSION = 2
LIMITS = Limits(bytes=1 << 16, depth=4, entries=100, text=1 << 14)
HOLDS = timedelta(minutes=1)


@dataclass(frozen=True)
class Request:
    """What may be asked; every sort of request adds its own fields."""


@dataclass(frozen=True)
class _Envelope:
    """Which act something is asked of, and until when."""

    act: str
    until: str
    asked: Any


R = TypeVar("R", bound=Request)


def read(kind: type[R], content: bytes, act: str, now: datetime, file: str) -> R | None:
    """Return the request of an act that a file holds; None when it does not hold now.

    Raise Damaged with the file, the path of the key and what was expected. Any other version is refused by its number.
    """
    told = decode(_Envelope, demand_version(parse(content, LIMITS, file), VERSION, file), file)
    if told.act != act:
        raise Damaged(f"{file}: act: expected {act}, found {told.act[:80]!r}")
    try:
        until = clock.parse(told.until)
    except ValueError as error:
        raise Damaged(f"{file}: until: expected a time such as 2026-11-20T01:30:00Z") from error
    asked = decode(kind, told.asked, file, "asked")
    return asked if now <= until <= now + HOLDS else None


def written(request: Request, act: str, now: datetime) -> str:
    """Return a request of an act as it is left for a unit, from now on for a minute."""
    until = clock.iso(now + HOLDS)
    return json.dumps({"version": VERSION, "act": act, "until": until, "asked": encode(request)})
