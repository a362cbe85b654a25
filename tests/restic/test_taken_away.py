"""Disk, memory, clock and network taken away from a backup, a copy, a drill and a collection of ledgers, each in turn.

Each says clearly what is wrong and what to do, or copes; nothing is falsely good, nothing is left, and the next run is
clean. tests/bad_days.py lists what each of them says.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import troubles
from bad_days import TROUBLES
from cheap_key import LEAST
from killing import left, locks, records
from one_machine import REPOSITORIES, Machine
from ward import Hospital, opened

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take a disk or memory away")


@pytest.fixture(scope="module")
def hospital(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """The machine with everything around it, after one clean round."""
    with opened(backed_up, tmp_path_factory.mktemp("ward")) as one:
        yield one


@contextmanager
def on_disk(hospital: Hospital, act: str, hurt: Callable[[Path], object], **room: int) -> Iterator[Hospital]:
    folder = hospital.inventory / ".ledgers" if act == "collect" else hospital.machine.root / "var"
    with troubles.disk(folder, **room) as place:
        made = hurt(place)
        yield hospital
        troubles.run("mount", "-o", "remount,rw", place)
        if isinstance(made, Path):
            shutil.rmtree(made)


def full(hospital: Hospital, act: str) -> AbstractContextManager[Hospital]:
    return on_disk(hospital, act, troubles.fill, size=100_000)


def read_only(hospital: Hospital, act: str) -> AbstractContextManager[Hospital]:
    return on_disk(hospital, act, lambda place: troubles.run("mount", "-o", "remount,ro", place))


def no_inodes(hospital: Hospital, act: str) -> AbstractContextManager[Hospital]:
    return on_disk(hospital, act, troubles.fill_inodes, inodes=1)


@contextmanager
def no_memory(hospital: Hospital, act: str) -> Iterator[Hospital]:
    with costly(hospital.machine), troubles.little_memory(MEMORY[act]) as before:
        yield replace(hospital, before=before)


@contextmanager
def costly(machine: Machine) -> Iterator[None]:
    """Let the repositories have keys as restic makes them: deriving one takes more memory than all else."""
    folders = [machine.stored / "his1" / name / "keys" for name in REPOSITORIES]
    for name, folder in zip(REPOSITORIES, folders, strict=True):
        machine.restic(
            name, "key", "add", "--new-password-file", machine.root / f"etc/seawall/credentials/{name}.password"
        )
        (cheap,) = [path for path in folder.iterdir() if json.loads(path.read_text())["N"] == LEAST["N"]]
        cheap.rename(folder.parent / "cheap key")
    try:
        yield
    finally:
        for folder in folders:
            for path in folder.iterdir():
                path.unlink()
            cheap = folder.parent / "cheap key"
            cheap.rename(folder / hashlib.sha256(cheap.read_bytes()).hexdigest())


def moved(seconds: int) -> Callable[[Hospital, str], AbstractContextManager[Hospital]]:
    @contextmanager
    def trouble(hospital: Hospital, act: str) -> Iterator[Hospital]:
        seawall, env = troubles.moved_clock(hospital.inventory.parent / f"clock{seconds} {act}", seconds)
        before = snapshots(hospital.machine)
        yield replace(hospital, seawall=seawall, env=env)
        # A set that is dated wrongly is a warning for as long as it is there; here its host's administrator removes it.
        for path in snapshots(hospital.machine) - before:
            path.unlink()

    return trouble


def snapshots(machine: Machine) -> set[Path]:
    return {path for name in REPOSITORIES for path in (machine.stored / "his1" / name / "snapshots").iterdir()}


def network(**changed: Any) -> Callable[[Hospital, str], AbstractContextManager[Hospital]]:
    """A trouble of both lines; `lead`: who stands at their ends."""

    @contextmanager
    def trouble(hospital: Hospital, _act: str) -> Iterator[Hospital]:
        rest, ssh = changed.get("lead", ("own", "ssh"))
        lines = {hospital.repositories: hospital.ports[rest], hospital.way: hospital.ports[ssh]}
        before = {line: line.target for line in lines}
        for line, port in lines.items():
            line.target = port
            line.dead, line.rate = changed.get("dead", False), changed.get("rate", 0)
            line.lasts, line.breaks = changed.get("lasts", 0), changed.get("breaks", 0)
        try:
            yield hospital
        finally:
            for line, port in before.items():
                line.target, line.dead, line.rate, line.lasts, line.breaks = port, False, 0, 0, 0

    return trouble


# Enough for the command itself but not for a program that it needs; of `collect`, not even for that.
MEMORY = {"backup": 40 << 20, "copy": 40 << 20, "drill": 40 << 20, "collect": 16 << 20}
PLAYED: dict[str, Callable[[Hospital, str], AbstractContextManager[Hospital]]] = {
    "a full disk": full,
    "a disk that can only be read": read_only,
    "no free inodes": no_inodes,
    "no memory": no_memory,
    "a network that drops everything": network(dead=True),
    "a network that breaks off and comes back": network(lasts=3000, breaks=2),
    "a network of 10 kB/s": network(rate=troubles.SLOW),
    "somebody else's certificate": network(lead=("stranger", "other")),
    "a name that leads to another machine": network(lead=("neighbour", "other")),
    # Last: the ledger, too, says for ever when the clock went back.
    "a clock a day ahead": moved(troubles.SECONDS_A_DAY),
    "a clock a day behind": moved(-troubles.SECONDS_A_DAY),
}
CELLS = [(trouble, act) for trouble, acts in TROUBLES.items() for act in acts]


def test_everything_that_is_listed_is_played() -> None:
    assert [*TROUBLES] == [*PLAYED]
    assert {tuple(acts) for acts in TROUBLES.values()} == {("backup", "copy", "drill", "collect")}


@pytest.mark.parametrize(("trouble", "act"), CELLS, ids=[f"{act}, {trouble}" for trouble, act in CELLS])
def test_what_is_taken_away_is_said(hospital: Hospital, trouble: str, act: str) -> None:
    wanted, words = TROUBLES[trouble][act]
    machine, before = hospital.machine, hospital.good()
    usual, recorded = left(machine), len(records(machine))
    with PLAYED[trouble](hospital, act) as hurt:
        verdict, said = hurt.run(act)
    print(trouble, "|", act, "|", verdict, "|", said)
    assert verdict == wanted
    assert words in said
    assert "Traceback" not in said
    if verdict not in {"pass", "warn"} and "clock differs" not in said:
        assert hospital.good() == before
        assert "pass" not in [record["result"] for record in records(machine)[recorded:]]
    after, said = hospital.run(act)
    assert after == "pass" or ("clock went back" in said and act == "collect"), said
    assert left(machine) - usual == set()
    assert act in {"drill", "collect"} or locks(machine) == []
