"""The names of a PostgreSQL server's databases, read from its files: the server is not asked, for it may let nobody in.

They stand in one table that all databases share. A row that is not yet in that file, or a file that is not as expected,
leaves a database without a name here, and never gives it another one's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.plain_file import reading

TABLE = "global/1262"
_PAGE = 8192
_MOST = 256 * _PAGE
_HEAD, _LINE = 24, 4  # bytes of a page's head, and of the place of each of its rows
_ROW = 24  # the least bytes of a row's head
_NORMAL = 1
_ENDED_BY_NONE = 0x0800  # of a row: whoever wanted to end it did not
_NAME = 64


def names(data: Path) -> Mapping[int, str]:
    """Return the names of databases by their number, as far as they can be told."""
    try:
        with reading(data / TABLE) as file:
            content = file.read(_MOST)
    except (OSError, Damaged):
        return {}
    found: dict[int, str] = {}
    for alive, number, name in sorted(_rows(content), key=lambda row: row[0]):
        if alive or number not in found:
            found[number] = name
    return found


def _rows(content: bytes) -> Iterator[tuple[bool, int, str]]:
    """Yield each row of the table: whether it holds now, the number of the database, and its name."""
    for start in range(0, len(content) - _PAGE + 1, _PAGE):
        page = content[start : start + _PAGE]
        (lower,) = struct.unpack_from("<H", page, 12)
        for place in range(_HEAD, min(lower, _PAGE - _LINE + 1), _LINE):
            (line,) = struct.unpack_from("<I", page, place)
            offset, state, length = line & 0x7FFF, line >> 15 & 3, line >> 17
            if state == _NORMAL and length >= _ROW and offset + length <= _PAGE:
                yield from _row(page[offset : offset + length])


def _row(row: bytes) -> Iterator[tuple[bool, int, str]]:
    (ended,), (flags,), first = struct.unpack_from("<I", row, 4), struct.unpack_from("<H", row, 20), row[22]
    if len(row) < first + 4 + _NAME:
        return
    (number,) = struct.unpack_from("<I", row, first)
    name = row[first + 4 : first + 4 + _NAME].partition(b"\0")[0]
    if number and name:
        yield not ended or bool(flags & _ENDED_BY_NONE), number, name.decode("utf-8", "surrogateescape")
