"""How acts of many machines are shown: a line for each change, a table and plain data at the end."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from ops.core import clock
from ops.core.printable import printable
from ops.core.schema import Plain
from ops.core.verdict import worst
from ops.fleet.acts.choose import Act
from ops.fleet.acts.follow import Board
from ops.reports.status.text import word

VERSION = 1
CLEAR = "\r\x1b[K"
MOST_MESSAGE = 160  # characters of a message in the table; the JSON has all of it


class Progress:
    """Lines as things change; on a terminal also one that is written again and again, with what runs."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.live = out.isatty()

    def change(self, act: Act, words: str) -> None:
        """Write a line for a change."""
        print(
            f"{CLEAR if self.live else ''}{clock.now():%H:%M:%S} {act.words}: {printable(words)}",
            file=self.out,
            flush=True,
        )

    def running(self, board: Board) -> None:
        """Write again what runs."""
        if not self.live:
            return
        with board.lock:
            now = time.monotonic()
            each = ", ".join(f"{act.words} {now - since:.0f} s" for act, since in board.running.items())
            text = f"{len(board.ended)} of {len(board.acts)} ended; {each or 'nothing'} running"
        width = shutil.get_terminal_size().columns - 1
        print(f"{CLEAR}{text[:width]}", end="", file=self.out, flush=True)

    def close(self) -> None:
        """Leave no line half written."""
        if self.live:
            print(CLEAR, end="", file=self.out, flush=True)


def planned(acts: Sequence[Act]) -> str:
    """Return the table of what would be started."""
    return _table([("HOST", "ACT", "ASSET", "UNIT"), *((act.host, act.act, act.asset, act.unit) for act in acts)])


def planned_plain(acts: Sequence[Act]) -> dict[str, Plain]:
    """Return what would be started as plain data."""
    return {"version": VERSION, "acts": [_plain(act) for act in acts]}


def table(board: Board) -> str:
    """Return the table of how all ended."""
    colours = sys.stdout.isatty()
    rows = [("HOST", "ACT", "ASSET", "SECONDS", "MESSAGE")]
    ended = [(act, board.ended[act]) for act in board.acts]
    for act, end in ended:
        rows.append((act.host, act.act, act.asset, f"{end.seconds:.0f}", printable(end.message[:MOST_MESSAGE])))
    head, *lines = _table(rows).splitlines()
    words = [word(end.verdict.value, colours) for _, end in ended]
    below = [f"{verdict}  {line}" for verdict, line in zip(words, lines, strict=True)]
    verdict = worst(end.verdict for _, end in ended)
    return "\n".join([f"{' ' * len(word('pass', False))}  {head}", *below, f"{verdict.value}: {len(ended)} ended"])


def plain(board: Board) -> dict[str, Plain]:
    """Return how all ended as plain data."""
    acts = [
        {**_plain(act), "verdict": end.verdict.value, "seconds": round(end.seconds, 1), "message": end.message}
        for act, end in ((act, board.ended[act]) for act in board.acts)
    ]
    verdict = worst(end.verdict for end in board.ended.values())
    return {"version": VERSION, "time": clock.iso(clock.now()), "verdict": verdict.value, "acts": acts}


def _plain(act: Act) -> dict[str, Plain]:
    return {"host": act.host, "act": act.act, "asset": act.asset or None, "unit": act.unit}


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
