"""What a command says, on its way to a terminal: nothing that somebody else wrote moves a cursor or turns letters.

Fields of one line are made printable where they are put into it. This is the last net, for all of a command's output:
it lets through line ends, tabs, and the colours of verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, cast

from ops.core.printable import printable, seen

_KEPT = re.compile("(\x1b\\[(?:0|3[1-5](?:;1)?)m|[\n\t])")


def plain(text: str) -> str:
    """Return a text of several lines, in colours or not, with a mark for each character that can't be printed."""
    if seen(text):
        return text
    return "".join(part if place % 2 else printable(part) for place, part in enumerate(_KEPT.split(text)))


class _Plain:
    """A stream for text that makes plain what is written; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(plain(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def only_plain(stream: TextIO) -> Iterator[None]:
    """Make plain all that is written to a stream as standard output while the block lasts."""
    with redirect_stdout(cast(TextIO, _Plain(stream))):
        yield
