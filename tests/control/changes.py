"""Changes of a copy of tests/hospital, and what must be said of each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops.fleet.inventory.check import Findings, examine

HOSTS, ALL = "hosts.yml", "group_vars/all/policy.yml"
HIS1, DOCS1, SERVERS = "host_vars/his1/policy.yml", "host_vars/docs1/policy.yml", "group_vars/servers/policy.yml"
Change = Callable[[Path], Path | None]


@dataclass(frozen=True)
class Said:
    """A change of the inventory, and each line that must be said of it, as `file:line: path: the message's words`."""

    change: Change
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def swap(file: str, old: str, new: str) -> Change:
    """Write something else in place of a word of a file."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def move(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / old, folder / new)

    return change


def write(file: str, content: str | bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def remove(file: str) -> Change:
    return lambda folder: (folder / file).unlink()


def given(path: str, change: Change | None = None) -> Change:
    """Name another path as the inventory."""

    def changed(folder: Path) -> Path:
        if change:
            change(folder)
        return folder / path

    return changed


def demand_said(said: Said, folder: Path) -> None:
    """Make a change, and demand that all of what must be said of it is said, and nothing else."""
    findings = found(folder, said.change)
    for told, wanted in ((findings.problems, said.problems), (findings.notes, said.notes)):
        printed = lines(told, folder)
        assert len(printed) == len(wanted), printed
        for part in wanted:
            assert any(line.startswith(part) for line in printed), printed
    assert bool(findings.policies) == (not said.problems)


def found(folder: Path, change: Change) -> Findings:
    path = change(folder)
    return examine(path or folder)


def lines(problems: object, folder: Path) -> list[str]:
    return [str(problem).removeprefix(str(folder)).removeprefix("/") for problem in problems]
