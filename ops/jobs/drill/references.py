"""The files that rows of restored data name: whether the same set holds them, as the database knows them.

Names are kept apart, as the words of programs are: a file may be called after a patient.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ops.core.confidential import keep
from ops.core.errors import SeawallError
from ops.core.names import TreePath
from ops.core.restored import digest, status
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict, judged

DIGESTED = 1000  # so many files, chosen by chance, are read to compare their content
MOST_NAMED = 100
ALGORITHMS = ("md5", "sha256")
WRONG = ("missing", "of another size", "of another content")


@dataclass
class _Look:
    """Where files are looked for, and what was found of those that rows name.

    names: of what is wrong, some of each sort. sample: what has a digest, by chance.
    """

    folders: Sequence[Path]
    chance: Random
    files: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WRONG, 0))
    names: list[str] = field(default_factory=list)
    sample: list[tuple[Path, str, int, str, str]] = field(default_factory=list)
    digests: int = 0

    def at(self, row: Mapping[str, Plain]) -> None:
        """Look whether the file of a row is there, with its size."""
        self.files += 1
        path, size = str(row.get("path")), row.get("bytes")
        found = self._there(path)
        if found is None:
            self._tell("missing", path)
            return
        folder, seen = found
        if size is not None and size != seen:
            self._tell("of another size", path)
            return
        for algorithm in ALGORITHMS:
            if isinstance(known := row.get(algorithm), str):
                self._sample((folder, path, seen, algorithm, known))

    def read(self) -> None:
        """Compare the content of the sampled files."""
        for folder, path, size, algorithm, known in self.sample:
            if digest(folder, path, size, algorithm) != known.lower():
                self._tell("of another content", path)

    def _there(self, path: str) -> tuple[Path, int] | None:
        """Return the folder that holds a file, and its size; the name is the restored database's, which may lie."""
        if TreePath.fits(path):
            for folder in self.folders:
                try:
                    seen = status(folder, path)
                except (OSError, ValueError):
                    continue
                if stat.S_ISREG(seen.st_mode):
                    return folder, seen.st_size
        return None

    def _sample(self, one: tuple[Path, str, int, str, str]) -> None:
        self.digests += 1
        if len(self.sample) < DIGESTED:
            self.sample.append(one)
        elif (place := self.chance.randrange(self.digests)) < DIGESTED:
            self.sample[place] = one

    def _tell(self, what: str, path: str) -> None:
        self.wrong[what] += 1
        if len(self.names) < MOST_NAMED:
            self.names.append(f"{what}: {path!r}")


def judged_references(rows: Iterable[Mapping[str, Plain]], folders: Sequence[Path], chance: Random) -> Finding:
    """Look for the files that rows name, in the folders that hold files of the set, and judge what was found.

    Each row has a `path`; where it has `bytes`, `md5` or `sha256`, these are compared, digests of a sample. Rows that
    can't be had, or none, are unknown and no pass.
    """
    look = _Look(folders, chance)
    try:
        for row in rows:
            look.at(row)
    except SeawallError as error:
        return Finding(Verdict.UNKNOWN, f"could not be queried: {error}")
    if not look.files:
        return Finding(Verdict.UNKNOWN, "the query names no file")
    look.read()
    if look.names:
        keep("files that the database names:\n" + "\n".join(look.names))
    wrong = [f"{count} {'is' if count == 1 else 'are'} {what}" for what, count in look.wrong.items() if count]
    told = f"{look.files:,} files that rows name"
    good = f"{told} are there; {len(look.sample):,} were read, and have the content that the database knows"
    return judged([f"of {told}, {', '.join(wrong)}"] if wrong else [], good if look.sample else f"{told} are there")
