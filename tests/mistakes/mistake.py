"""A mistake that somebody makes in an inventory, and what must be said of it.

Each is made in a copy of the inventory `hospital` beside this file, and judged by `seawall policy check` with the real
Ansible. Lines are named by what stands in them after the mistake was made.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HOSPITAL = Path(__file__).with_name("hospital")
HOSTS = "hosts.yml"
ALL = "group_vars/all/policy.yml"
SERVERS = "group_vars/servers/policy.yml"
KEEPERS = "group_vars/backup_hosts/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
DOCS1 = "host_vars/docs1/policy.yml"
UPS = "host_vars/his1/ups.yml"

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Place:
    """A line of a file: its number, or text that stands in no line before it; without either, the file alone."""

    file: str
    line: int | str | None = None

    def number(self, inventory: Path) -> int | None:
        if isinstance(self.line, str):
            lines = (inventory / self.file).read_text("utf-8", "replace").splitlines()
            return next(number for number, text in enumerate(lines, 1) if self.line in text)
        return self.line

    def told_by(self, text: str, inventory: Path) -> bool:
        """Whether a line of output names this place."""
        number = self.number(inventory)
        return f"{inventory / self.file}:{'' if number is None else f'{number}:'}" in text


def at(file: str, line: int | str | None = None) -> Place:
    return Place(file, line)


@dataclass(frozen=True)
class Verdict:
    """How the check ends, and what it says: all of `says` in one line, which names the place.

    most: how many lines may be said at most; a mistake that is told twenty times is told badly.
    """

    code: int
    place: Place | None = None
    says: tuple[str, ...] = ()
    most: int = 6


def refused(place: Place | None, *says: str, most: int = 6) -> Verdict:
    return Verdict(2, place, says, most)


def noted(place: Place | None, *says: str) -> Verdict:
    """It holds, with a word on what may not be meant."""
    return Verdict(0, place, says)


ACCEPTED = Verdict(0)


@dataclass(frozen=True)
class Mistake:
    """What was done, how it is judged, and which path is given to the check."""

    what: str
    changes: tuple[Change, ...]
    verdict: Verdict
    path: str = ""


@dataclass
class Table:
    """Rows of one kind, each with a name of its own."""

    rows: dict[str, Mistake] = field(default_factory=dict)

    def add(self, what: str, verdict: Verdict, *changes: Change, path: str = "") -> None:
        assert what not in self.rows
        self.rows[what] = Mistake(what, changes, verdict, path)


def made(mistake: Mistake, folder: Path) -> Path:
    """Return a copy of the inventory with the mistake in it."""
    inventory = folder / "site"
    shutil.copytree(HOSPITAL, inventory)
    for change in mistake.changes:
        change(inventory)
    return inventory


def swap(file: str, old: str, new: str) -> Change:
    """Write something in the place of a text, where it first stands."""

    def change(inventory: Path) -> None:
        path = inventory / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_bytes(text.replace(old, new, 1).encode("utf-8"))

    return change


def everywhere(file: str, old: str, new: str) -> Change:
    def change(inventory: Path) -> None:
        path = inventory / file
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    return change


def drop(file: str, text: str) -> Change:
    """Leave out every line in which a text stands."""

    def change(inventory: Path) -> None:
        path = inventory / file
        lines = path.read_text("utf-8").splitlines(keepends=True)
        left = [line for line in lines if text not in line]
        assert left != lines
        path.write_text("".join(left), "utf-8")

    return change


def write(file: str, text: str | bytes) -> Change:
    def change(inventory: Path) -> None:
        path = inventory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)

    return change


def append(file: str, text: str) -> Change:
    def change(inventory: Path) -> None:
        with (inventory / file).open("a", encoding="utf-8") as opened:
            opened.write(text)

    return change


def recode(file: str, encoding: str) -> Change:
    """Save a file in another encoding, as an editor of another system does."""

    def change(inventory: Path) -> None:
        path = inventory / file
        path.write_bytes(path.read_text("utf-8").encode(encoding))

    return change


def move(old: str, new: str) -> Change:
    def change(inventory: Path) -> None:
        (inventory / new).parent.mkdir(parents=True, exist_ok=True)
        (inventory / old).rename(inventory / new)

    return change


def remove(name: str) -> Change:
    def change(inventory: Path) -> None:
        path = inventory / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def his(old: str, new: str) -> Change:
    """Change a word of the hospital's main server."""
    return swap(HIS1, old, new)


def site(old: str, new: str) -> Change:
    """Change a word of what holds for all machines."""
    return swap(ALL, old, new)
