"""JSON that somebody else wrote: what is refused, before it costs anything, and how that is told."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.core.document import Limits, _Enough, _Problems, decode, parse, read_file
from ops.core.errors import Damaged, Problem
from ops.core.names import Label

LIMITS = Limits(bytes=10_000, depth=4, entries=100, text=50)
FILE = "the file"


@dataclass(frozen=True)
class Thing:
    count: int
    words: tuple[str, ...] = ()
    parts: Mapping[Label, int] | None = None
    pair: tuple[str, bool] = ("", False)


def test_what_is_within_the_limits_is_read() -> None:
    said = {"a": [1, 2.5, None, True, {"b": 'odd "\\ text [[[[[ ,,,,'}], "ž": "手术室"}
    assert parse(json.dumps(said).encode(), LIMITS, FILE) == said
    assert parse(json.dumps(said, ensure_ascii=False).encode(), LIMITS, FILE) == said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1, "a": 2}', "the key 'a' appears more than once"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": 1e999}', "a number is too large"),
        (b'{"a": 9223372036854775808}', "a number is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number of 5000 digits is too large"),
        (b"[[[[[1]]]]]", "nested deeper than 4"),
        (b"[" * 190, "nested deeper than 4"),
        (b"[" * 9000, "4500 entries; expected at most 100"),
        (b'{"a":' * 150, "nested deeper than 4"),
        (b"[" + b"1," * 101 + b"1]", "102 entries; expected at most 100"),
        (b"[" + b"[]," * 70 + b"[]]", "entries; expected at most 100"),
        (b'{"' + b"k" * 51 + b'": 1}', "has 51 characters; expected at most 50"),
        (b'["' + b"v" * 51 + b'"]', "has 51 characters; expected at most 50"),
        (b'["\\ud800"]', "an incomplete character"),
        (b'["\xff"]', "is not valid JSON"),
        (b'{"a": 1', "is not valid JSON"),
        (b'{"a": "' + b'\\"' * 4000, "is not valid JSON"),
        (b"", "is not valid JSON"),
        (b" " * 10_001, "10001 bytes; expected at most 10000"),
    ],
)
def test_what_is_not_is_refused_with_the_file_and_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(Damaged) as failure:
        parse(content, LIMITS, FILE)
    assert words in failure.value.message
    assert failure.value.message.startswith(FILE)
    assert len(failure.value.message) < 400


def test_nothing_deep_or_wide_reaches_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []
    monkeypatch.setattr(json, "loads", lambda *words, **_more: reached.append(words))
    for content in (b"[" * 9000, b"[" + b"1," * 200, b"x" * 20_000):
        with pytest.raises(Damaged):
            parse(content, LIMITS, FILE)
    assert reached == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"count": "x"}, "the file: count: expected a whole number, found 'x'"),
        ({"count": True}, "the file: count: expected a whole number, found True"),
        ({"count": 1, "words": ["a", 2]}, "the file: words[1]: expected a text, found 2"),
        ({"count": 1, "words": "a"}, "the file: words: expected a list, found str 'a'"),
        ({}, "the file: count: missing key: the document requires 'count'"),
        ({"count": 1, "wrods": []}, "the file: wrods: unknown key 'wrods', did you mean 'words'?"),
        ({"count": 1, "parts": {"../x": 1}}, "the file: parts.../x: expected the label of a part"),
        ({"count": 1, "parts": {"a\x1b[2J": 1}}, "the file: parts.'a\\x1b[2J': expected the label of a part"),
        ({"count": 1, "pair": ["a"]}, "the file: pair: expected a list of 2, found 1"),
        ({"count": 1, "pair": ["a", 1]}, "the file: pair[1]: expected true or false, found 1"),
        ([], "the file: : expected a mapping, found list []"),
    ],
)
def test_an_error_names_file_path_and_what_was_expected(data: object, words: str) -> None:
    with pytest.raises(Damaged) as failure:
        decode(Thing, data, FILE)
    assert failure.value.message.startswith(words)
    assert "\x1b" not in failure.value.message


def test_many_problems_are_told_in_few_lines() -> None:
    with pytest.raises(Damaged) as failure:
        decode(Thing, {"count": 1, "words": list(range(100_000))}, FILE)
    lines = failure.value.message.splitlines()
    assert len(lines) == 6
    assert lines[-1] == "the file: and more"


def test_no_more_problems_are_looked_for_than_anybody_reads() -> None:
    problems = _Problems()
    with pytest.raises(_Enough):
        for _ in range(1000):
            problems.append(Problem("path", "wrong"))
    assert len(problems) < 100


def test_a_long_text_is_not_told_whole() -> None:
    with pytest.raises(Damaged) as failure:
        decode(Thing, {"count": "x" * 100_000, "y" * 100_000: 1}, FILE)
    assert len(failure.value.message) < 1000


def test_a_plain_file_alone_is_read(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"four")
    assert read_file(tmp_path / "plain", 4, FILE) == b"four"
    with pytest.raises(Damaged, match="the file has 4 bytes; expected at most 3"):
        read_file(tmp_path / "plain", 3, FILE)
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "zero").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "zero", "pipe", "folder", "none"):
        with pytest.raises(Damaged, match=r"the file (can't be read|is not a plain file)"):
            read_file(tmp_path / name, 4, FILE)


def test_a_file_without_a_size_is_read_no_further_than_may_be() -> None:
    with pytest.raises(Damaged, match="the file grew while it was read"):
        read_file(Path("/proc/self/status"), 4, FILE)
