"""What is on which disc: the catalogue of a repository that is written to discs, as it is kept on its machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import Digest, Name, SetId
from ops.core.schema import encode
from ops.interfaces.layout import DATA
from ops.interfaces.outcome import OutcomeFacts

VERSION = 1
LIMITS = Limits(bytes=1 << 28, depth=8, entries=4_000_000, text=1 << 12)
SECTOR = 2048  # bytes
REPOSITORY = "repository"  # the folder of a disc in which its part of the repository lies
PACKS = f"{REPOSITORY}/{DATA}/"
# How many sectors each sort takes, in the sizes that dvdisaster knows.
SECTORS: Mapping[str, int] = {
    "cd": 359_424,
    "dvd": 2_295_104,
    "dvd_dl": 4_171_712,
    "bd": 11_826_176,
    "bd_dl": 23_652_352,
    "bd_xl": 47_305_728,
}


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A disc. label: what its file system is called, and what is written on it with a marker. number: in its series.

    series: discs of one series belong together. run: when its images were made. bytes, sha256: of the whole image, and
    so of the disc. files: for each file, by its path on the disc, the first sector and its bytes. verified: when the
    disc was first read whole; empty: never. read: when it was last. damaged: when it was found damaged, until it is
    read whole again. by: who says so, where no program of this machine read it. kept: where it lies.
    """

    label: str
    number: int
    series: int
    run: str
    bytes: int
    sha256: Digest
    files: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    verified: str = ""
    read: str = ""
    damaged: str = ""
    by: str = ""
    kept: str = ""

    @property
    def packs(self) -> frozenset[str]:
        """The names of the packs that are on it."""
        return frozenset(path.rpartition("/")[2] for path in self.files if path.startswith(PACKS))


@dataclass(frozen=True, kw_only=True)
class Held:
    """A set that is on the discs. time: of its data."""

    asset: Name
    set: SetId
    time: str


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All discs of a repository, the oldest first. sets: the newest of each asset, by the time of the run."""

    repository: Name
    discs: tuple[Disc, ...] = ()
    sets: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)

    @property
    def series(self) -> int:
        """The number of the newest series; 0 before the first."""
        return max((one.series for one in self.discs), default=0)

    def of(self, series: int) -> Sequence[Disc]:
        """Return the discs of a series."""
        return [one for one in self.discs if one.series == series]

    @property
    def waiting(self) -> Sequence[Disc]:
        """The discs that were made and never read."""
        return [one for one in self.discs if not one.verified]

    def written(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"version": VERSION, **encode(self)}


@dataclass(frozen=True, kw_only=True)
class DiscFacts(OutcomeFacts):
    """Discs that were made or read: their labels, and their bytes together. by: who read it elsewhere."""

    discs: tuple[str, ...] = ()
    bytes: int = 0
    by: str = ""


def read(content: bytes, file: str) -> Catalogue:
    """Return what a file holds; raise Damaged with the file, the path of the key and what was expected."""
    return decode(Catalogue, demand_version(parse(content, LIMITS, file), VERSION, file), file)


def labelled(discs: Iterable[Disc]) -> str:
    """Return the labels of discs in one text."""
    return ", ".join(one.label for one in discs)
