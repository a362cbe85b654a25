"""restic's patterns of what is left out, read as restic reads them: to walk past what it passes over.

A pattern that begins with `/` is compared from the root on, any other one anywhere; both with whole names, and what
lies below a match is left out with it. `*` and `?` stay within a name, `**` stands for any number of folders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ops.core.errors import UsageError

# What Go's filepath.Match knows, with which restic compares names.
_ONE = r"(?:\\.|[^\\\]-])"
_RANGE = re.compile(rf"({_ONE})(?:-({_ONE}))?", re.DOTALL)
_ANY = ("a", "Z9.q", "-", ".5", "~_")  # names of which no pattern means all, unless it means every name
_TERM = re.compile(rf"\*|\?|\\.|\[\^?+(?:{_ONE}(?:-{_ONE})?)+\]|[^\[\\]", re.DOTALL)


def left_out(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return whether a path is left out; raise UsageError for a pattern that says nothing."""
    if not patterns:
        return lambda _path: False
    expression = re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns), re.DOTALL)
    return lambda path: expression.search(path) is not None


def literally(path: str | Path) -> str:
    """Return a pattern that means exactly this path."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", str(path))


def demand_some_left(paths: Sequence[str], patterns: Sequence[str]) -> None:
    """Raise UsageError when a pattern would leave out the whole of a path: restic takes nothing then, and says nothing.

    A pattern such as `his` is compared with every name on the way, that of the folder above the path, too; one such as
    `/srv/his/*` spares the folder itself, and nothing that is in it.
    """
    for pattern in patterns:
        passed = left_out([pattern])
        whole = next((path for path in paths if passed(path) or all(passed(f"{path}/{name}") for name in _ANY)), None)
        if whole is not None:
            raise UsageError(f"the pattern {pattern!r} excludes all of {whole}", "write it as an absolute path")


def _expression(pattern: str) -> str:
    names = [name for name in pattern.split("/") if name]
    if not any(name != "**" for name in names) or pattern.startswith(("!", "./", "../")):
        raise UsageError(
            f"the pattern {pattern!r} can't be used",
            "use a name such as *.tmp, or an absolute path; exceptions are not supported",
        )
    words = ["(?:/[^/]+)*" if name == "**" else f"/{_name(name)}" for name in names]
    return "".join(["^" if pattern.startswith("/") else "", *words, "(?:/|$)"])


def _name(glob: str) -> str:
    """Return the expression for one name; raise UsageError for what restic would not take."""
    parts, place = [], 0
    while place < len(glob):
        part = _TERM.match(glob, place)
        if part is None:
            raise UsageError(
                f"the pattern {glob!r} can't be used",
                "end `[` with `]`; write a `[`, `]`, `-` or `\\` of a name with `\\`",
            )
        parts.append(_part(part[0]))
        place = part.end()
    return "".join(parts)


def _part(part: str) -> str:
    if part in {"*", "?"}:
        return {"*": "[^/]*", "?": "[^/]"}[part]
    if part.startswith("["):
        return _letters(part)
    return re.escape(part[-1])


def _letters(part: str) -> str:
    """Return the expression for one letter of several; a range that ends before it begins has none."""
    inverted = part.startswith("[^")
    ranges = []
    for first, last in _RANGE.findall(part[2 if inverted else 1 : -1]):
        begin, end = first[-1], last[-1:] or first[-1]
        if begin <= end:
            ranges.append(f"{re.escape(begin)}-{re.escape(end)}")
    if not ranges:
        return "[^/]" if inverted else "(?!)"
    return f"[{'^' if inverted else ''}{''.join(ranges)}]"
