"""What another machine said, made fit to be shown in one line: no control characters, and not too long."""

from __future__ import annotations

from ops.core.printable import printable

MOST = 200  # characters


def in_brief(text: str, most: int = MOST) -> str:
    """Return the beginning of a text; what would move a cursor or change a colour becomes a blank."""
    return printable(text[:most], " ").strip()


def first_line(text: str) -> str:
    """Return the first line that has letters, or that there was none."""
    return next((shown for line in text.splitlines() if (shown := in_brief(line))), "nothing")


def last_line(text: str) -> str:
    """Return the last line that has letters, or that there was none."""
    return next((shown for line in reversed(text.splitlines()) if (shown := in_brief(line))), "it said nothing")


def lines_of(text: str) -> list[str]:
    """Return the lines of a program's output: only a line end parts two; JSON may hold what Python takes for others."""
    return text.removesuffix("\n").split("\n") if text else []
