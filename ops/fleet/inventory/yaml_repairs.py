"""Likely repairs of a line that makes a file unreadable as YAML, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.fleet.inventory.characters import plain, strange

_KEY = re.compile(r"^(?P<start>\s*(?:- )?)(?P<key>[\w.-]+|\"[^\"]*\"):(?P<gap>\s+)(?P<value>\S.*)$")
_BARE = re.compile(r"^(?P<start>\s*(?:- )?)(?P<key>\w[\w.-]*)\s*$")
_SPACED = re.compile(r"^(?P<start>\s*(?:- )?)(?P<key>[A-Za-z_][\w-]*)\s+(?P<value>[^\s:#].*)$")
_EQUAL = re.compile(r"^(?P<start>\s*(?:- )?)(?P<key>[A-Za-z_][\w-]*)\s*=\s*(?P<value>\S.*)$")
_TIGHT = re.compile(r"^(?P<start>\s*(?:- )?)(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s:].*)$")
# Values that begin with a character of YAML's own: an entry of a list, the rest of a line, a value within { }.
_ENTRY = re.compile(r"(?<=[\s\[,])([*%@`][^,\]}\s]*)(?=\s*[,\]}])")
_WHOLE = re.compile(r"^(?P<start>.*?[\w\"]:\s+|\s*- )(?P<value>[*&!%@`>|?].*?)(?P<end>\s*)$")
_INSIDE = re.compile(r"^(?P<start>.*?:\s+)(?P<value>[*%@`][^,{}]*?)(?P<end>\s*[,}].*)$")
_PAIRS = {"]": "[", "}": "{"}


@dataclass(frozen=True)
class Repair:
    """A line as it probably was meant. line: counted from 0. shows: whether the line is worth showing."""

    line: int
    text: str
    says: str
    shows: bool = True


def repairs(lines: Sequence[str], at: int, opened: int) -> Iterator[Repair]:
    """Yield repairs of the lines about the one at which YAML's reader gave up, and of the one that opened something."""
    at = min(at, len(lines) - 1)
    if at < 0:
        return
    before = _before(lines, at)
    near = list(dict.fromkeys(number for number in (at, before, opened) if 0 <= number < len(lines)))
    for number in near:
        yield from _characters(lines, number)
    for number in near:
        yield from _colons(lines[number], number)
        yield from _unopened(lines[number], number)
        yield from _quotes(lines[number], number)
    for number in _between(opened, at, len(lines)):
        yield from _unclosed(lines[number], number)
    yield from _indented(lines, at, before)


def _before(lines: Sequence[str], at: int) -> int:
    """Return the line before one that says something."""
    return next((n for n in range(at - 1, -1, -1) if lines[n].strip() and not lines[n].lstrip().startswith("#")), -1)


def _between(opened: int, at: int, end: int) -> list[int]:
    """Return the lines from where something opened to where it had to be closed, at most a few."""
    return list(range(max(0, opened), min(at + 1, end)))[:12]


def _characters(lines: Sequence[str], number: int) -> Iterator[Repair]:
    line = lines[number]
    if "\t" in line:
        depths = dict.fromkeys(_depth(other) for other in reversed(lines[max(0, number - 20) : number + 2]))
        texts = [line.expandtabs(2), *(" " * depth + line.strip().replace("\t", " ") for depth in depths)]
        for text in texts:
            yield Repair(number, text, "a tab; YAML allows spaces only", shows=False)
    meant = plain(line)
    if meant != line:
        yield Repair(number, meant, strange(line))
        yield Repair(number, _spaced(meant), strange(line))


def _spaced(line: str) -> str:
    tight = _TIGHT.match(line)
    return f"{tight['start']}{tight['key']}: {tight['value']}" if tight else line


def _colons(line: str, number: int) -> Iterator[Repair]:
    if bare := _BARE.match(line):
        yield Repair(number, f"{bare['start']}{bare['key']}:", f"the colon is missing after {bare['key']}")
    if _TIGHT.match(line):
        yield Repair(number, _spaced(line), "a space is missing after the colon")
    if equal := _EQUAL.match(line):
        repaired = f"{equal['start']}{equal['key']}: {equal['value']}"
        yield Repair(number, repaired, f"a colon belongs after {equal['key']}, not =")
    if spaced := _SPACED.match(line):
        repaired = f"{spaced['start']}{spaced['key']}: {spaced['value']}"
        yield Repair(number, repaired, f"the colon is missing after {spaced['key']}")


def _quotes(line: str, number: int) -> Iterator[Repair]:
    """Values that YAML takes for something of its own unless they stand in quotes."""
    yield from _bare(line, number)
    found = _KEY.match(line)
    if found is None:
        return
    start, value = f"{found['start']}{found['key']}:{found['gap']}", found["value"]
    if value[0] in "\"'" and value[0] in value[1:-1]:
        yield Repair(number, f"{start}{_requoted(value)}", "text after the closing quote; put all of it in quotes")
    if value[0] == '"' and "\\" in value:
        says = "in double quotes a \\ begins an escape; use single quotes"
        yield Repair(number, "".join((start, "'", value.strip('"'), "'")), says)
    if value[0] in "{[" and value[-1] not in "]}," and set(value) & set(_PAIRS):
        yield Repair(number, f"{start}{_quoted(value)}", _must(value))
    if ":" in value and value[0] not in "\"'{[":
        yield Repair(number, f"{start}{_quoted(value)}", "a value with a colon and a space must stand in quotes")


def _bare(line: str, number: int) -> Iterator[Repair]:
    """Values without quotes that begin with a character of YAML's own, as entries of a list or after a key."""
    if entry := re.search(_ENTRY, line):
        yield Repair(number, re.sub(_ENTRY, r'"\1"', line), _must(entry[1]))
    for pattern in (_WHOLE, _INSIDE):
        if found := pattern.match(line):
            text = f"{found['start']}{_quoted(found['value'])}{found['end']}"
            yield Repair(number, text, _must(found["value"]))


def _must(value: str) -> str:
    return f"a value that begins with {value[0]} must stand in quotes"


def _quoted(value: str) -> str:
    return f'"{value.rstrip()}"' if '"' not in value and "\\" not in value else f"'{value.rstrip()}'"


def _requoted(value: str) -> str:
    other = "'" if value[0] == '"' else '"'
    if value[-1] == value[0] and other not in value:
        return f"{other}{value[1:-1]}{other}"
    return f"{other}{value}{other}" if other not in value else _quoted(value.replace(value[0], ""))


def _unclosed(line: str, number: int) -> Iterator[Repair]:
    """A quote or bracket of this line that is not closed in it, or closed once too often."""
    for quote in "\"'":
        if line.count(quote) % 2:
            body, end = _ended(line)
            yield Repair(number, f"{body}{quote}{end}", f"the quote {quote} is not closed")
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", line)
    yield from _brackets(line, number, bare)
    last = line.rstrip()[-1:]
    if last in _PAIRS and bare.count(last) > bare.count(_PAIRS[last]):
        yield Repair(number, line.rstrip()[:-1], f"one {last} too many")
    for gap in re.finditer(r"(?<=[\w\"'\]})%])\s+(?=[\w\"]+:\s)", line):
        if "{" in line[: gap.start()]:
            yield Repair(number, f"{line[: gap.start()]}, {line[gap.end() :]}", "a comma is missing")


def _brackets(line: str, number: int, bare: str) -> Iterator[Repair]:
    """A bracket that is not closed; the missing one may belong before others at the end of the line."""
    opened = _open_brackets(bare)
    closing = "".join({"[": "]", "{": "}"}[bracket] for bracket in reversed(opened))
    _, end = _ended(line)
    for missing in dict.fromkeys([closing, "]", "}"] if opened else []):
        for behind in range(len(end) + 1):
            at = len(line.rstrip()) - behind
            text = f"{line[:at]}{missing}{line[at:].rstrip()}"
            yield Repair(number, text, f"{missing} is missing")


def _unopened(line: str, number: int) -> Iterator[Repair]:
    for quote in "\"'":
        body, end = _ended(line)
        if line.count(quote) == 1 and body.endswith(quote) and ": " in body:
            key, _, value = body.partition(": ")
            yield Repair(number, f"{key}: {quote}{value.lstrip()}{end}", f"the quote {quote} is not opened")


def _ended(line: str) -> tuple[str, str]:
    """Return a line's body, and the brackets and commas at its end, which belong behind a quote."""
    body = line.rstrip()
    bare = body.rstrip("]},")
    return bare, body[len(bare) :]


def _open_brackets(text: str) -> list[str]:
    opened: list[str] = []
    for letter in text:
        if letter in "[{":
            opened.append(letter)
        elif letter in _PAIRS and opened and opened[-1] == _PAIRS[letter]:
            opened.pop()
    return opened


def _indented(lines: Sequence[str], at: int, before: int) -> Iterator[Repair]:
    """The line, or the one before it, at another depth: one that the lines about it have."""
    about = [line for line in lines[max(0, at - 60) : at + 3] if line.strip()]
    depths = {_depth(line) for line in about}
    moves = [(number, depth) for number in {at, before} - {-1} for depth in depths if depth != _depth(lines[number])]
    for number, depth in sorted(moves, key=lambda move: _unlikely(lines, *move)):
        says = f"indented by {_spaces(_depth(lines[number]))}, but {depth} are needed here"
        yield Repair(number, " " * depth + lines[number].lstrip(), says, shows=False)


def _unlikely(lines: Sequence[str], number: int, depth: int) -> tuple[bool, bool, int, bool, int]:
    """Return how unlikely it is that a line is meant to have a depth: it is even, and fits the lines about it."""
    here = _depth(lines[number])
    before = _before(lines, number)
    after = next((line for line in lines[number + 1 :] if line.strip()), "")
    below = _depth(after) > here and lines[number].rstrip().endswith(":")
    beside = {_depth(lines[before]) if before >= 0 else 0, _depth(after)}
    return depth % 2 == 1, below and depth != _depth(after) - 2, abs(depth - here), depth not in beside, -number


def _spaces(count: int) -> str:
    return f"{count} space" if count == 1 else f"{count} spaces"


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
