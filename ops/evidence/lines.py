"""The lines of a ledger as they lie on disk: read one by one, and within limits, for anybody may have written them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.core import plain_file
from ops.core.document import parse
from ops.core.errors import Damaged
from ops.core.schema import Plain
from ops.interfaces.record import LIMITS

_SHORT = 1 << 16  # bytes; what little a line of so many can hold needs no look before it is parsed


def each(path: Path) -> Iterator[bytes]:
    """Yield every line with its end, and what a power cut left of one more; raise OSError or Damaged.

    A line longer than a record may be is no record: only its beginning is yielded, with its end.
    """
    with plain_file.reading(path) as file:
        while line := file.readline(LIMITS.bytes + 1):
            rest = line
            while len(rest) > LIMITS.bytes and not rest.endswith(b"\n"):
                rest = file.readline(LIMITS.bytes + 1)
            yield line if rest is line else line[:_SHORT] + rest[-1:]


def said(line: bytes) -> Mapping[str, Plain]:
    """Return what a line says, a mapping; raise ValueError for any other."""
    try:
        data = json.loads(line) if len(line) <= _SHORT else parse(line, LIMITS, "a line")
    except (Damaged, RecursionError) as error:
        raise ValueError("not a record") from error
    if not isinstance(data, dict):
        raise ValueError("not a record")
    return data
