"""The memory of alarms: whole or not at all, small, and writable where the disk has no room left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops.alarms.model import Alarm, Incident, Memory, Moment
from ops.alarms.store import MOST_WAITING, opened
from ops.core.errors import Unavailable
from ops.interfaces.channel import Message

INCIDENT = Incident(
    number=1, cause="check:his1/disk", machine="his1", members=("his1/disk",), level=3, fault_class="class_1",
    discovered=5.0, begun="2026-11-23T12:00:00Z", reached=("anna",),
)  # fmt: skip
MEMORY = Memory(
    t=12.5,
    last=Moment(wall="2026-11-23T12:00:00Z", boot="x", running=3.25),
    number=1,
    alarms={"his1/disk": Alarm(machine="his1", check="disk", window="0033", level=3, since=1.5, message="3% free")},
    incidents={1: INCIDENT},
)
MESSAGE = Message(
    identity="a", thread="a", incident=1, machine="his1", state="raised", level="fail", subject="s", text="t",
    moment="2026-11-23T12:00:00Z",
)  # fmt: skip


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, which a test fills."""
    if os.geteuid():
        pytest.skip("needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(folder: Path) -> None:
    with pytest.raises(OSError, match="No space"), (folder / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def test_what_is_remembered_is_read_again(tmp_path: Path) -> None:
    with opened(tmp_path / "s") as store:
        store.remember(MEMORY)
        store.post("mail", MESSAGE, 1.0)
    with opened(tmp_path / "s") as store:
        assert store.memory() == MEMORY
        assert [one.message for one in store.waiting()] == [MESSAGE]
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o640


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), opened(tmp_path / "s") as store:
        store.remember(MEMORY)
        raise ZeroDivisionError
    with opened(tmp_path / "s") as store:
        assert store.memory() == Memory()


def test_a_full_disk_keeps_nothing_from_being_remembered(full: Path) -> None:
    with opened(full / "s") as store:
        store.remember(MEMORY)
    fill(full)
    incidents = {number: replace(INCIDENT, number=number, cause="x" * 200) for number in range(1, 201)}
    with opened(full / "s") as store:
        store.remember(replace(MEMORY, incidents=incidents))
        for number in range(100):
            store.post("mail", replace(MESSAGE, identity=str(number), text="y" * 1500), 1.0)
    with opened(full / "s") as store:
        assert store.memory().incidents == incidents
        assert len(store.waiting()) == 100


def test_without_its_reserve_it_could_not(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.alarms.store._reserve", lambda _link: None)
    with opened(full / "s") as store:
        store.remember(MEMORY)
    fill(full)
    with pytest.raises(Unavailable, match="full"), opened(full / "s") as store:
        for number in range(100):
            store.post("mail", replace(MESSAGE, identity=str(number), text="y" * 1500), 1.0)


def test_only_so_many_messages_wait_and_news_stays(tmp_path: Path) -> None:
    with opened(tmp_path / "s") as store:
        store.post("mail", MESSAGE, 0.0)
        for number in range(MOST_WAITING + 50):
            store.post("mail", replace(MESSAGE, identity=str(number), incident=number, state="next"), 0.0)
        waiting = store.waiting()
    assert len(waiting) == MOST_WAITING
    assert waiting[0].message == MESSAGE


def test_of_an_incident_one_reminder_waits(tmp_path: Path) -> None:
    with opened(tmp_path / "s") as store:
        for number in range(9):
            store.post("mail", replace(MESSAGE, identity=str(number), state="reminder"), 0.0)
        assert [one.message.identity for one in store.waiting()] == ["8"]


def test_what_is_refused_waits_longer_each_time_up_to_an_hour(tmp_path: Path) -> None:
    with opened(tmp_path / "s") as store:
        store.post("mail", MESSAGE, 0.0)
        waits = []
        for _ in range(8):
            (one,) = store.waiting()
            store.refused(one, "not now", 0.0)
            waits.append(next(t for t in range(0, 4000, 60) if store.waiting(due=float(t))))
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
        assert store.waiting()[0].error == "not now"


def test_what_waits_for_a_channel_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    with opened(tmp_path / "s") as store:
        for name in ("mail", "hook"):
            store.post(name, MESSAGE, 0.0)
        store.forget_channels(["hook"])
        assert [one.channel for one in store.waiting()] == ["hook"]


KILLED = """
import os, signal, sys
from dataclasses import replace
sys.path[:0] = [{tests!r}, {checkout!r}]
from pathlib import Path
from test_alarm_store import MEMORY, MESSAGE
from ops.alarms.store import opened
with opened(Path(sys.argv[1])) as store:
    store.remember(replace(MEMORY, number=2))
    store.post("mail", MESSAGE, 1.0)
    if sys.argv[2] == "after":
        store.keep()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("moment", "number", "waiting"), [("before", 1, 0), ("after", 2, 1)])
def test_whoever_is_killed_has_remembered_all_or_nothing(tmp_path, moment: str, number: int, waiting: int) -> None:
    with opened(tmp_path / "s") as store:
        store.remember(MEMORY)
    here = Path(__file__)
    code = KILLED.format(tests=str(here.parent), checkout=str(here.parents[3]))
    killed = subprocess.run([sys.executable, "-c", code, tmp_path / "s", moment], check=False)
    assert killed.returncode == -signal.SIGKILL
    with opened(tmp_path / "s") as store:
        assert store.memory().number == number
        assert len(store.waiting()) == waiting


def test_a_folder_that_can_not_be_written_says_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can't be used"), opened(tmp_path / "none" / "s"):
        pass
