"""Repositories on disks of the machine itself, and the ways in which their files are hurt and healed."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path

import loop_disks
from cheap_key import cheapen
from disks_of_one import REPOSITORY, Disks
from healed import WAYS, files_below
from one_machine import Machine
from test_local_disk import pointed_at

SORTS = ("data", "index", "snapshots", "keys")


@dataclass(frozen=True)
class Ward:
    """A machine, one of its repositories, and the folder in which that lies."""

    machine: Machine
    name: str
    folder: Path

    def digests(self) -> dict[str, str]:
        """What there is but locks, by path."""
        there = [path for sort in SORTS for path in files_below(self.folder / sort)]
        there += [path for path in [self.folder / "config"] if path.exists()]
        return {str(path.relative_to(self.folder)): sha256(path.read_bytes()).hexdigest() for path in there}

    def files(self, sort: str) -> list[str]:
        """The paths of the files of one sort."""
        return [path for path in self.digests() if path.startswith(f"{sort}/")]

    def blobs(self) -> dict[str, dict[str, str]]:
        """The blobs that each pack holds, with what they are: data or tree."""
        found = {}
        for name in self.files("index"):
            words = ["cat", "index", name.partition("/")[2]]
            text = self.machine.place(self.name).repository.complaints(words, timeout=60)
            for pack in json.JSONDecoder().raw_decode(text)[0]["packs"]:
                held = {one["id"]: one["type"] for one in pack["blobs"]}
                found[f"data/{pack['id'][:2]}/{pack['id']}"] = held
        return found

    def packs(self, kind: str) -> list[str]:
        """The paths of the packs that hold data, or trees."""
        return [path for path, held in self.blobs().items() if kind in held.values()]

    def hurt(self, chosen: Mapping[str, str]) -> None:
        """Hurt files, each in a way."""
        for path, way in chosen.items():
            WAYS[way](self.folder / path)

    def heal(self, *words: str) -> tuple[int, str]:
        """Heal it; return the exit code, and what was printed."""
        with redirect_stdout(StringIO()) as out:
            code = self.machine.seawall("heal", self.name, *words)
        return code, out.getvalue()

    def restored(self, to: Path) -> list[list[tuple[str, str]]]:
        """What restic brings back of every snapshot: paths and digests."""
        found = []
        for one in self.machine.place(self.name).repository.snapshots():
            self.machine.place(self.name).repository.restore(one.id, to / one.id, timeout=60)
            below = to / one.id
            digests = (
                (str(path.relative_to(below)), sha256(path.read_bytes()).hexdigest()) for path in files_below(below)
            )
            found.append([*digests])
        return sorted(found)

    def clean(self) -> bool:
        """Whether restic, which reads all, and the machine's own reading find no damage."""
        wrong = self.machine.place(self.name).repository.complaints(["check", "--read-data", "--json"], timeout=120)
        summed = [json.loads(line) for line in wrong.splitlines() if '"summary"' in line]
        code, told = self.heal("--read", "--dry-run")
        return (summed[-1]["num_errors"], code, told.endswith("nothing to do\n")) == (0, 0, True)


@contextmanager
def on_a_local_disk(machine: Machine, folder: Path) -> Iterator[Ward]:
    """Yield a machine whose documents are copied to another disk of its own, and off-site."""
    (machine.root / "var/lib/seawall/state").mkdir(exist_ok=True)
    with loop_disks.mounted(loop_disks.image(folder / "disk")) as disk:
        documents = json.loads((machine.root / "etc/seawall/policy.json").read_text())["assets"]["documents"]
        assert machine.seawall("copy", "documents") == 0, documents
        pointed_at(machine, disk)
        assert machine.seawall("repository", "prepare") == 0
        assert machine.seawall("repository", "init") == 0
        cheapen(disk / "his1", "password of the disk")
        assert machine.seawall("copy", "documents", "--to", "second") == 0
        yield Ward(machine, "second", disk / "his1")


@contextmanager
def on_a_removable_disk(disks: Disks) -> Iterator[Ward]:
    """Yield a machine to which a removable disk has come, and whose documents were copied there."""
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        assert disks.seawall("update") == 0
        yield Ward(disks.machine, REPOSITORY, disks.mounted / "his1")
