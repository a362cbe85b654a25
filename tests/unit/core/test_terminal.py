"""What a command says holds nothing that moves a cursor, but for its own colours."""

import io
import json

import pytest

from ops.core.printable import as_json, printable
from ops.core.terminal import only_plain, plain

COLOURS = ["\x1b[32mpass   \x1b[0m  disk", "\x1b[31;1mfail\x1b[0m\n"]
CLEAN = ["", "Žlutý kůň, 患者\n\tline", *COLOURS, "1\N{NARROW NO-BREAK SPACE}000"]
CONTROLS = ["\r", "\x85", "\u2028", "\x00", "\x7f", "\x07"]
EVIL = ["\x1b[2J", "\x9b31m", "\x1b]0;title\x07", "\u202ereversed", "\u2066", "\x1b[8m", *CONTROLS]

FILLERS = [
    "\N{HANGUL FILLER}",
    "\N{HALFWIDTH HANGUL FILLER}",
    "\N{BRAILLE PATTERN BLANK}",
    "\N{COMBINING GRAPHEME JOINER}",
]


@pytest.mark.parametrize("text", CLEAN)
def test_what_may_be_said_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("text", EVIL)
def test_what_moves_a_cursor_is_marked(text: str) -> None:
    assert all(letter.isprintable() or letter in "\n\t" for letter in plain(f"a{text}b"))
    out = io.StringIO()
    with only_plain(out):
        print(f"a{text}b")
    assert out.getvalue() == plain(f"a{text}b") + "\n"


@pytest.mark.parametrize("filler", FILLERS)
def test_what_is_nothing_to_see_is_marked(filler: str) -> None:
    assert plain(f"his{filler}") == printable(f"his{filler}") == "his\N{REPLACEMENT CHARACTER}"
    assert as_json(f"his{filler}") == f'"his\\u{ord(filler):04x}"'


@pytest.mark.parametrize("text", [*CLEAN, *EVIL, "\ud800", "\U000e0001"])
def test_json_can_be_shown_and_read(text: str) -> None:
    for indent in (None, 2):
        shown = as_json({"a": [text, {text: 1}]}, indent)
        assert shown.replace("\n", "").isprintable()
        assert json.loads(shown) == {"a": [text, {text: 1}]}
