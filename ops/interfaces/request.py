"""What a person asks of a job beyond its everyday run, on its way to the unit that does it.

A unit has no arguments of its own; so what was asked lies in a file of one run. It is read here, within limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeVar

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.schema import encode

VERSION = 1
LIMITS = Limits(bytes=1 << 16, depth=4, entries=100, text=1 << 14)


@dataclass(frozen=True)
class Request:
    """What may be asked; every sort of request adds its own fields."""


R = TypeVar("R", bound=Request)


def read(kind: type[R], content: bytes, file: str) -> R:
    """Return the request that a file holds; raise Damaged with the file, the path of the key and what was expected.

    A later version is refused by its number.
    """
    return decode(kind, demand_version(parse(content, LIMITS, file), VERSION, file), file)


def written(request: Request) -> str:
    """Return a request as it is left for a unit."""
    return json.dumps({"version": VERSION, **encode(request)})
