"""YAML's errors in a person's words: the line that is wrong, and what to type there.

YAML's reader names the place at which it gave up, which often is the line after the mistake. So likely repairs of the
lines about that place are tried, and the first one with which the file can be read further is what is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.fleet.inventory.yaml_repairs import Repair, repairs

if TYPE_CHECKING:
    import yaml

PATH = "YAML"
_MOST = 8  # mistakes told of one file
_LONGEST = 200_000  # characters; beyond, trying repairs would take too long
_SHOWN = 70
_SECRET = re.compile(r"pass|secret|token|credential|key|vault", re.IGNORECASE)

# What the reader says, and what it means.
MEANINGS = (
    ("found unexpected end of stream", "the quote that opens here is never closed"),
    ("found unknown escape character", "in double quotes a \\ begins an escape; use single quotes"),
    ("found undefined alias", "a value that begins with * is an alias of YAML's; put it in quotes"),
    ("found duplicate anchor", "this anchor (&) is defined twice; an anchor has one place"),
    ("but found '-'", "within [ ] and { } a list is written [a, b], without -"),
    ("but found another document", "a second document begins here; a file holds one, so delete this line"),
    ("expected ',' or ']'", "the [ that opens here is not closed, or a comma is missing after it"),
    ("expected ',' or '}'", "the { that opens here is not closed, or a comma is missing after it"),
    ("could not find expected ':'", "a colon and a space are missing after this word"),
    ("sequence entries are not allowed", "an entry of a list (-) has a line of its own, below its key"),
    ("found character", "a value can't begin with this character; put it in quotes"),
    ("chomping or indentation", "a value can't begin with > or |; put it in quotes"),
    ("expected <block end>", "this line is indented otherwise than those that it belongs to"),
    ("did not find expected", "this line is indented otherwise than those that it belongs to"),
    ("mapping values are not allowed", "a second colon stands here; put the value in quotes, or see the indentation"),
)


@dataclass(frozen=True)
class Failure:
    """Where YAML's reader gave up, lines counted from 0, and what it said."""

    line: int
    context: int
    said: str


def explain(path: Path, text: str) -> list[Problem]:
    """Given a file that is no YAML, return what is wrong with it, each with its line."""
    first = failure(text)
    if first is None:
        return []
    if "another document" in first.said:  # no repair of a line: each of the two is whole
        return [_untold(path, first)]
    problems: list[Problem] = []
    now: Failure | None = first
    for _ in range(_MOST):
        repair = _found(text, now) if now else None
        if now is None or repair is None:
            break
        problems.append(_told(path, text, repair))
        text = _with(text, repair)
        now = failure(text)
    if not problems:
        return [_untold(path, first)]
    return problems if now is None else problems[:1]


def failure(text: str) -> Failure | None:
    """Return where and why a text can't be read as YAML; None when it can."""
    import yaml

    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return _failure(error)
    except yaml.YAMLError as error:
        return Failure(0, 0, str(error).replace("\n", " "))
    return None


def _failure(error: yaml.MarkedYAMLError) -> Failure:
    lines = [mark.line if mark else 0 for mark in (error.problem_mark, error.context_mark)]
    said = " ".join(part for part in (error.context, error.problem) if part)
    return Failure(lines[0], lines[1] if error.context_mark else lines[0], said)


def _found(text: str, now: Failure) -> Repair | None:
    """Return the first repair that makes the file whole, else the one after which it can be read furthest."""
    if len(text) > _LONGEST:
        return None
    best: tuple[int, Repair] | None = None
    for repair in repairs(text.splitlines(), now.line, now.context):
        after = failure(_with(text, repair))
        if after is None:
            return repair
        if after.line > now.line and (best is None or after.line > best[0]):
            best = after.line, repair
    return best[1] if best else None


def _with(text: str, repair: Repair) -> str:
    lines = text.splitlines()
    lines[repair.line : repair.line + 1] = repair.text.split("\n")
    return "\n".join([*lines, ""])


def _told(path: Path, text: str, repair: Repair) -> Problem:
    line = text.splitlines()[repair.line]
    shown = repair.shows and not _SECRET.search(line) and len(repair.text.strip()) <= _SHOWN
    how = f"; write `{repair.text.strip()}`" if shown else ""
    return Problem(PATH, f"{repair.says}{how}", f"{path}:{repair.line + 1}")


def _untold(path: Path, now: Failure) -> Problem:
    known = [meaning for part, meaning in MEANINGS if part in now.said]
    opened = any(word in (known or [""])[0] for word in ("opens here", "missing after this"))
    message = known[0] if known else f"not valid YAML: {now.said}"
    return Problem(PATH, message, f"{path}:{(now.context if opened else now.line) + 1}")
