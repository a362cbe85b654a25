"""JSON that somebody else wrote, read within limits: how many bytes, how deep, how many values, how long a text.

All is looked at before it costs anything: the bytes before they are read, depth and number before they are parsed.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ops.core import plain_file
from ops.core.errors import Damaged, Problem
from ops.core.numbers import whole
from ops.core.schema import Plain, collect

T = TypeVar("T")
MOST_TOLD = 5
_MOST_PROBLEMS = 50
_LARGEST_NUMBER = 1 << 63
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# A text that does not end reaches to the end: no second try begins within it.
_LONG_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_PIECE = 1 << 16
_ALL_BUT_MARKS = bytes(byte for byte in range(256) if byte not in b"[]{},")


@dataclass(frozen=True)
class Limits:
    """bytes: of the file. depth: of lists and mappings in each other. entries: values in all. text: letters of one."""

    bytes: int
    depth: int
    entries: int
    text: int


class _Refused(Exception):
    """What is wrong with a document as such, and where in it."""


def read_file(path: Path, most: int, file: str, *, owned: bool = False) -> bytes:
    """Return what a plain file holds that came from elsewhere; `file`: how it is called in an error.

    No link is followed, no pipe waited for, and nothing read of a file with more than `most` bytes. Raise Damaged.
    owned: whether root wants it to belong to whom its folder belongs.
    """
    try:
        handle = plain_file.opened(path, os.O_RDONLY) if owned else os.open(path, plain_file.FOUND)
    except OSError as error:
        raise Damaged(f"{file} can't be read: {error.strerror}; expected a plain file") from error
    try:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise Damaged(f"{file} is not a plain file")
        if seen.st_size > most:
            raise Damaged(f"{file} has {seen.st_size} bytes; expected at most {most}")
        with os.fdopen(handle, "rb", closefd=False) as opened:
            content = opened.read(most + 1)
    finally:
        os.close(handle)
    if len(content) > most:
        raise Damaged(f"{file} grew while it was read; expected at most {most} bytes")
    return content


def parse(content: bytes, limits: Limits, file: str) -> Plain:
    """Return the plain data of a JSON document; raise Damaged, which names the file, where, and what was expected."""
    try:
        _measure(content, limits)
        data: Plain = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number, parse_int=_whole
        )
        _look_through(data, limits)
    except _Refused as error:
        raise Damaged(f"{file}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{file} is not valid JSON: {str(error)[:200]!r}") from error
    except MemoryError as error:
        raise Damaged(f"{file} needs more memory than there is: {len(content)} bytes") from error
    return data


def decode(kind: type[T], data: Plain, file: str, path: str = "") -> T:
    """Return plain data as a type; raise Damaged with the file, the path of each key and what was expected there."""
    problems = _Problems()
    try:
        value = collect(kind, data, path, problems)
    except _Enough:
        value = None
    if problems:
        raise wrong(problems, file)
    assert isinstance(value, kind)  # noqa: S101 -- what collect promises, when it told no problem
    return value


def demand_version(data: Plain, version: int, file: str) -> Mapping[str, Plain]:
    """Return a document, which is a mapping with its version, without that; raise Damaged for any other one.

    A later version is refused by its number.
    """
    if not isinstance(data, Mapping):
        found = "nothing" if data is None else f"{type(data).__name__} {str(data)[:40]!r}"
        raise Damaged(f"{file}: expected a mapping, found {found}")
    told = data.get("version")
    if type(told) is not int or told != version:
        later = type(told) is int and told > version
        hint = "a later Seawall wrote it; install that version here" if later else ""
        raise Damaged(f"{file}: version: expected {version}, found {told if type(told) is int else 'none'}", hint)
    return {name: value for name, value in data.items() if name != "version"}


def wrong(problems: list[Problem], file: str) -> Damaged:
    """Return the error for problems of a document: the first few of them, each in one line."""
    told = [f"{file}: {problem}" for problem in problems[:MOST_TOLD]]
    more = [f"{file}: and more"] if len(problems) > MOST_TOLD else []
    return Damaged("\n".join([*told, *more]))


class _Enough(Exception):
    """So many problems were found that no more need be looked for."""


class _Problems(list[Problem]):
    def append(self, problem: Problem) -> None:
        super().append(problem)
        if len(self) >= _MOST_PROBLEMS:
            raise _Enough


def _measure(content: bytes, limits: Limits) -> None:
    """Count what a parser would make of it, before it does."""
    if len(content) > limits.bytes:
        raise _Refused(f"{len(content)} bytes; expected at most {limits.bytes}")
    commas, brackets = 0, bytearray()
    for marks in _marks(content):
        nesting = marks.replace(b",", b"")
        commas += len(marks) - len(nesting)
        brackets += nesting
    entries = commas + -(-len(brackets) // 2)
    if entries > limits.entries:
        raise _Refused(f"{entries} entries; expected at most {limits.entries}")
    depth = 0
    for mark in brackets:
        depth += 1 if mark in b"[{" else -1
        if depth > limits.depth:
            raise _Refused(f"lists and mappings are nested deeper than {limits.depth}")


def _marks(content: bytes) -> Iterator[bytes]:
    """Yield the brackets and commas that stand in no text, piece by piece, for all at once need much memory."""
    place = 0
    while place < len(content):
        piece = content[place : place + _PIECE]
        outside = _TEXT.sub(b"", piece)
        begun = outside.find(b'"')  # a text that this piece does not end, all of it as it was
        rest = 0 if begun < 0 else len(outside) - begun
        if rest == len(piece) and (text := _LONG_TEXT.match(content, place)):
            place = text.end()
            continue
        yield outside[: len(outside) - rest].translate(None, _ALL_BUT_MARKS)
        place += len(piece) - rest


def _unique(pairs: list[tuple[str, Plain]]) -> Mapping[str, Plain]:
    made = dict(pairs)
    if len(made) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _Refused(f"the key {counts.most_common(1)[0][0][:80]!r} appears more than once")
    return made


def _whole(text: str) -> int:
    try:
        return whole(text)
    except ValueError as error:
        raise _Refused(str(error)) from error


def _no_number(word: str) -> Plain:
    raise _Refused(f"{word} is not a number; expected a finite one")


def _look_through(data: Plain, limits: Limits) -> None:
    """Look at every text and every number; the depth is known to be small, and none of this calls itself."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name in value:
                _look_at_text(name, limits)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            _look_at_text(value, limits)
        elif isinstance(value, float) and not math.isfinite(value):
            raise _Refused("a number is too large; expected a finite one")
        elif isinstance(value, int) and not -_LARGEST_NUMBER <= value < _LARGEST_NUMBER:
            raise _Refused("a number is too large; expected one of 64 bits")


def _look_at_text(text: str, limits: Limits) -> None:
    if len(text) > limits.text:
        raise _Refused(f"the text {text[:40]!r}... has {len(text)} characters; expected at most {limits.text}")
    if not text.isascii() and not _is_whole(text):
        raise _Refused(f"the text {text[:40]!r} contains an incomplete character; expected UTF-8")


def _is_whole(text: str) -> bool:
    """Whether a text can be written again: JSON can name halves of letters that no file can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
