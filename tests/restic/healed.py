"""A machine with old sets in two repositories, the backup host that keeps the first one, and ways to hurt that."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from kept import Keeper, kept
from one_machine import Machine, copied, damage, furnish, served

from ops.restic import healing
from ops.restic.sets import SET

WORD = ("--reason", "the disk of backup1, ticket 4712", "--approver", "Head of IT")
ROUNDS = 2
DAY = 86_400.0


@dataclass(frozen=True)
class Site:
    """machine: the server. keeper: the backup host of its primary repository."""

    machine: Machine
    keeper: Keeper

    def files(self, sort: str) -> dict[str, Path]:
        """The files of one folder of the primary repository, by their paths there."""
        found = sorted(path for path in (self.keeper.repository / sort).rglob("*") if path.is_file())
        return {str(path.relative_to(self.keeper.repository)): path for path in found}

    def digests(self) -> dict[str, str]:
        """What there is in the primary repository but locks, by path."""
        there = {p: f for sort in ("data", "index", "snapshots", "keys") for p, f in self.files(sort).items()}
        there["config"] = self.keeper.repository / "config"
        return {path: sha256(file.read_bytes()).hexdigest() for path, file in there.items() if file.exists()}

    def packs(self) -> dict[str, list[str]]:
        """The paths of the packs by what they hold: data or tree."""
        found: dict[str, list[str]] = {"data": [], "tree": []}
        for name in self.files("index"):
            words = ["cat", "index", name.partition("/")[2]]
            for pack in json.loads(self.machine.place("primary").repository.complaints(words, timeout=60))["packs"]:
                found[pack["blobs"][0]["type"]].append(f"data/{pack['id'][:2]}/{pack['id']}")
        return {kind: sorted(paths, key=lambda path: -self.size(path)) for kind, paths in found.items()}

    def size(self, path: str) -> int:
        """How large a file is."""
        return (self.keeper.repository / path).stat().st_size

    def scrubbed(self) -> dict[str, str]:
        """What the backup host finds damaged, with why; the exit code has to be right."""
        with sqlite3.connect(self.keeper.root / "var/lib/seawall/state/scrub.sqlite") as link:
            link.execute("update file set read = read - ?", (20 * DAY,))  # all is due again
        code = self.keeper.seawall("repository", "scrub")
        state = json.loads((self.keeper.root / "var/lib/seawall/state/scrub.json").read_text())
        found = {one["path"]: one["why"] for one in state["repositories"]["his1"]["damaged"]}
        assert code == (2 if found else 0)
        return found

    def names(self, who: "Machine | Keeper", *words: str) -> Path:
        """What a machine prints for the other one, in a file."""
        with redirect_stdout(StringIO()) as said:
            assert who.seawall("heal", *words, "--names") == 0
        path = self.machine.root / f"names-of-{type(who).__name__}"
        path.write_text(said.getvalue())
        return path

    def heal_all(self) -> int:
        """Do as docs/heal.md says, from the damage to the end; return the code of the server's part."""
        self.keeper.seawall("heal", "--of", "his1", *WORD)
        self.keeper.seawall("repository", "scrub")
        names = self.names(self.keeper, "--of", "his1")
        if not names.read_text():
            return 0
        code = self.machine.seawall("heal", "primary", "--files", names, *WORD)
        self.set_aside()
        return code

    def set_aside(self) -> None:
        """Let the backup host set aside what the server has replaced."""
        aside = self.names(self.machine, "primary")
        assert self.keeper.seawall("heal", "--of", "his1", "--files", str(aside), *WORD) in (0, 1)

    def sets(self) -> dict[str, list[str]]:
        """The snapshots of each set in the primary repository."""
        found: dict[str, list[str]] = {}
        for one in self.machine.place("primary").repository.snapshots():
            found.setdefault(str(one.tag(SET)), []).append(one.id)
        return {identity: sorted(ids) for identity, ids in found.items()}

    def restored(self, name: str, to: Path) -> dict[str, str]:
        """What restic brings back of a snapshot, by path."""
        self.machine.place("primary").repository.restore(name, to, timeout=60)
        return {str(path.relative_to(to)): sha256(path.read_bytes()).hexdigest() for path in files_below(to)}


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def flip(file: Path) -> None:
    """Change one bit, and leave the times as they are, as a disk does."""
    times = file.stat()
    damage(file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def cut(file: Path) -> None:
    """Let the end of a file be lost."""
    file.chmod(0o600)
    os.truncate(file, file.stat().st_size * 2 // 3)


def empty(file: Path) -> None:
    """Let nothing of a file be left."""
    file.chmod(0o600)
    os.truncate(file, 0)


def garble(file: Path) -> None:
    """Let a file hold something else of the same size."""
    file.chmod(0o600)
    file.write_bytes(os.urandom(file.stat().st_size))


WAYS: Mapping[str, Callable[[Path], object]] = {
    "flipped": flip,
    "cut": cut,
    "emptied": empty,
    "garbled": garble,
    "lost": Path.unlink,
}


def with_old_sets(folder: Path) -> Machine:
    """Make a machine with two old sets of its documents, both copied, and one set of the pictures."""
    machine = furnish(folder)
    with served(machine):
        for number in range(ROUNDS):
            (machine.files / "documents" / f"later{number}.txt").write_bytes(os.urandom(60_000))
            assert machine.seawall("backup", "documents") == 0
            assert machine.seawall("copy", "documents") == 0
        assert machine.seawall("backup", "pictures") == 0
        assert machine.seawall("copy", "pictures") == 0
    return machine


@contextmanager
def site(template: Path, folder: Path) -> Iterator[Site]:
    """Yield a site of a test's own, whose backup host has read all that it keeps."""
    machine = copied(template, folder)
    with served(machine), kept(machine, folder) as keeper:
        assert keeper.seawall("repository", "arrivals") == 0
        assert keeper.seawall("repository", "scrub") == 0
        yield Site(machine, keeper)


def records(root: Path, act: str = "heal") -> list[dict[str, Any]]:
    """The records of acts in a machine's ledger."""
    path = root / "var/lib/seawall/ledger/ledger.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line["act"] == act]


def said(ward: Site, *words: str | Path) -> tuple[int, str]:
    """Heal on the server; return the exit code, and what was printed."""
    with redirect_stdout(StringIO()) as out:
        code = ward.machine.seawall("heal", "primary", *words)
    return code, out.getvalue()


def held_by(ward: Site, pack: str) -> list[healing.Blob]:
    """What a pack of the primary repository holds, by its indexes."""
    indexes = [path.partition("/")[2] for path in ward.files("index")]
    return healing.blobs(ward.machine.place("primary").repository, indexes, {Path(pack).name})[Path(pack).name]


def hurt(ward: Site, path: str) -> Path:
    """Flip a bit of a file; return the file in which the backup host names it."""
    flip(ward.keeper.repository / path)
    ward.scrubbed()
    return ward.names(ward.keeper, "--of", "his1")
