"""Ways to hurt restored material that are alike for all kinds whose material is one stream."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

from ops.interfaces.damage import FileDamage
from ops.interfaces.facts import Facts

# One byte in each such piece: of a large table only a slice is digested, and each slice must be hit.
PIECE = 1 << 20
F = TypeVar("F", bound=Facts)


def of_stream(choose: Callable[[Path, F], Path]) -> dict[str, FileDamage[F]]:
    """Return the damages of a file; `choose` returns it, given the folder of the material and the facts."""

    def with_file(act: Callable[[Path, Random], str]) -> FileDamage[F]:
        def hurt(folder: Path, facts: F, chance: Random) -> str:
            file = choose(folder, facts)
            return act(file, chance) if file.is_file() and file.stat().st_size else ""

        return FileDamage("material", hurt)

    return {
        "cut_in_half": with_file(lambda file, _: _cut(file, file.stat().st_size // 2)),
        "cut_at_the_end": with_file(lambda file, _: _cut(file, file.stat().st_size - 1)),
        "emptied": with_file(lambda file, _: _cut(file, 0)),
        "bits_flipped": with_file(_flipped),
    }


def _cut(file: Path, size: int) -> str:
    before = file.stat().st_size
    os.truncate(file, size)
    return f"{file.name} was cut to {size} of {before} bytes"


def _flipped(file: Path, chance: Random) -> str:
    """Flip the lowest bit of a byte in the middle of each piece; of a small file, of one in its middle."""
    size = file.stat().st_size
    places = [start + PIECE // 2 + chance.randrange(PIECE // 4) for start in range(0, size - PIECE, PIECE)]
    with file.open("r+b") as opened:
        for place in places or [size // 2]:
            opened.seek(place)
            (byte,) = opened.read(1)
            opened.seek(place)
            opened.write(bytes([byte ^ 1]))
    return f"{len(places) or 1} bits of {file.name} were flipped"
