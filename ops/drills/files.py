"""Files: a sample is restored and compared, and used to forecast how long restoring everything would take."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.quantity import Size
from ops.core.verdict import Finding
from ops.drills._shared.sampling import Sample, chosen, compared, strangers
from ops.drills._storage.space import room
from ops.interfaces.drill import Drill, Part, Stage
from ops.interfaces.outcome import Forecast

# The kernel takes two million bytes of arguments; a path may have four thousand.
MOST_WORDS = 500_000
SLACK = 16 << 20  # folders, and damage that is done on purpose
_BLOCK = 4096  # a file takes whole ones
UNPROVEN = (
    "that files outside the sample can be restored: the next drill selects others",
    "that content without a digest in the manifest is right: only restic verified it, block by block",
    "targets of links, and attributes other than time, mode and owner",
    "that the source is as it was when it was backed up: it was not examined",
)


@dataclass(frozen=True)
class Options:
    """How much to restore.

    sample: number of files, in addition to those with digests in the manifest.
    most: maximum number of bytes.
    """

    sample: int = 200
    most: Size = Size(1 << 30)

    def __post_init__(self) -> None:
        if self.sample < 1:
            raise ValueError(f"sample is {self.sample}; expected 1 or more")
        if not self.most.bytes:
            raise ValueError("most is 0 B; expected the largest amount to restore, such as 1GiB")


@dataclass
class _Measured:
    """What was restored of all parts, in how many seconds; and how much there is."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    all_files: int = 0
    all_bytes: int = 0


def play(stage: Stage[Options]) -> None:
    """Restore and compare a sample of every part that is files; tell what all of them would take."""
    parts = [part for part in stage.parts.values() if part.database is None]
    if not parts:
        raise UsageError("the set holds no files", "use drill.kind `database` for an asset of databases")
    for sentence in UNPROVEN:
        stage.unproven(sentence)
    for other in stage.parts.values():
        if other not in parts:
            stage.unproven(f"{other.label}: use a drill of the kind `database` for it")
    measured = _Measured()
    for part in parts:
        _drilled(stage, part, measured, alone=len(parts) == 1)
    per_second = measured.bytes / max(measured.seconds, 0.01)
    forecast = measured.all_bytes / max(per_second, 1.0)
    stage.tell(
        sample={"files": measured.files, "bytes": measured.bytes, "seconds": round(measured.seconds, 2)},
    )
    stage.expect(Forecast(measured.all_files, measured.all_bytes, round(per_second), round(forecast, 1)))


def _drilled(stage: Stage[Options], part: Part, measured: _Measured, *, alone: bool) -> None:
    with stage.timed("find"), stage.entries(part.label) as entries:
        sample = chosen(entries, part.known_files, stage.options.sample, stage.options.most.bytes, stage.chance)
    with room(stage, sample.size + len(sample.chosen) * _BLOCK + SLACK) as folder:
        _brought(stage, part, sample, folder, measured)
        stage.hurt_files("material", part.label, folder)
        with stage.timed("prove"):
            for name, finding in (*_looks(folder, sample), *part.check(folder, [*sample.chosen])):
                stage.rung(name if alone else f"{part.label} {name}", finding)


def _brought(stage: Stage[Options], part: Part, sample: Sample, folder: Path, measured: _Measured) -> None:
    """Restore the sample, and count it."""
    begun = time.monotonic()
    with stage.timed("fetch"):
        for batch in _batches([*sample.chosen]):
            stage.bring(part.label, folder, only=batch)
    measured.seconds += time.monotonic() - begun
    measured.files += len(sample.chosen)
    measured.bytes += sample.size
    measured.all_files += sample.files
    measured.all_bytes += sample.bytes


def _looks(folder: Path, sample: Sample) -> Iterator[tuple[str, Finding]]:
    yield from compared(folder, sample)
    yield "strangers", strangers(folder, sample)


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    """Yield the paths in as few lists as fit into the arguments of a program."""
    batch: list[str] = []
    size = 0
    for path in paths:
        length = 2 * len(path.encode()) + 16
        if batch and size + length > MOST_WORDS:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += length
    if batch:
        yield batch


KIND = Drill(
    options=Options,
    play=play,
    takes=lambda source, _options: source.database is None,
    wants="a source that is not a database",
    queries=False,
    synonyms=("file", "folder", "sample"),
)
