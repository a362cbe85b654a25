"""Documents that something happened to, and hostile ones made by hand; what happens to them is drawn by chance."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

MEBIBYTE = 1 << 20
EVIL = "\x1b[2J\x9b31m\nfail     MACHINE his1 is dead\r\u202e\u2066\x85"
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 5, 10**18, 10**19, 1e308, -0.5, "", " ", "x" * 5_000, EVIL, "\ud800", "\x00", "../x"),
    *("pass", "fail", "splendid", "2026-11-26T10:54:18Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "nan"),
    *([], {}, [None], [[]], {"x": None}, {"": ""}, [1, 2], {"n": 1}, {EVIL: EVIL}, "a" * 64, "backup", "drill", "gaps"),
)
HOSTILE = (
    b"", b"null", b"5", b"[1]", b'"x"', b"{}", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"{", b"[" * 200_000,
    b'{"version": 1, "version": 1}', b'{"version": 1, "n": Infinity}', b'{"version": 1e999}', b'{"a":' * 99_999,
    b'{"a": "' + b"x" * MEBIBYTE, b"[" + b"1," * 1_500_000 + b"1]", b"{" + b'"a":1,' * 300_000 + b'"a":1}',
    b'["\\ud800"]', b"\x00" * 4_096, EVIL.encode() * 50, b"not found\n", b'{"version": 2}', b" " * MEBIBYTE,
    b"[" + b"[]," * 300_000 + b"[]]", b'{"version": ' + b"9" * 5_000, b'{"n": 99999999999, "previous": 5}',
)  # fmt: skip


def changed(document: bytes, chance: Random) -> bytes:
    """Return a document that something happened to: to its values, to its bytes, or to all of it."""
    how = chance.random()
    if how < 0.005:
        return chance.choice(HOSTILE)
    if how < 0.25:
        return bytes_changed(document, chance)
    try:
        data = json.loads(document)
    except (ValueError, RecursionError):  # it was changed before
        return bytes_changed(document, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        data = _value_changed(data, chance)
    return json.dumps(data, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def bytes_changed(document: bytes, chance: Random) -> bytes:
    """Return bytes that were cut, changed, or grew."""
    place = chance.randrange(len(document) + 1)
    match chance.randrange(4):
        case 0:
            return document[:place]
        case 1:
            return document[:place] + bytes([chance.randrange(256)]) + document[place + 1 :]
        case 2:
            return document[:place] + EVIL.encode() + document[place:]
    return document[:place] + document[place + chance.randrange(1, 200) :]


def _value_changed(data: Any, chance: Random) -> Any:
    """Change something at a place that chance walks to."""
    if not isinstance(data, (dict, list)) or not data or chance.random() < 0.08:
        return copy.deepcopy(chance.choice(ODD))
    key = chance.choice(list(data) if isinstance(data, dict) else range(len(data)))
    match chance.randrange(9):
        case 0:
            del data[key]
        case 1 if isinstance(data, dict):
            data[chance.choice(("", EVIL, "kind", "n", "../x", "further"))] = data.pop(key)
        case 2 if isinstance(data, list):
            data.extend([data[key]] * chance.choice((1, 50, 2_000)))
        case 3:
            data[key] = copy.deepcopy(chance.choice(ODD))
        case _:
            data[key] = _value_changed(data[key], chance)
    return data
