"""The plug of a disk is pulled at random moments: it is never called good, unless all of it is.

SEAWALL_PULLED_PLUGS says at how many.
"""

import hashlib
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import loop_disks
from disks_of_one import HANDS, PASSWORD, Disks

from ops.core.run import run

pytestmark = loop_disks.needs_root
MOMENTS = int(os.environ.get("SEAWALL_PULLED_PLUGS", "4"))  # a moment costs seconds, on a disk that is dead
MANY = 20  # of so many, some hit
NO_NAMES = {"config"}


@contextmanager
def pulled(disks: Disks, device: Path, seconds: float) -> Iterator[list[bool]]:
    """Pull the plug so many seconds after a block began, or as soon as the disk is mounted then; yield whether."""
    over, done = threading.Event(), [False]

    def act() -> None:
        over.wait(seconds)
        while not over.is_set() and not done[0]:
            done[0] = loop_disks.pull(disks.mounted, device)
            os.sched_yield()

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def day(disks: Disks) -> int:
    """What a person does with a disk that arrived; return how it left."""
    disks.seawall("update")
    return disks.seawall("leave", *HANDS)


def wrong(disks: Disks) -> list[str]:
    """Return the files on the disk that are not what their names say, by code of this test's own."""
    with loop_disks.mounted(disks.file("red")) as disk:
        files = [path for path in (disk / "his1").rglob("*") if path.is_file()]
        assert len(files) > len(NO_NAMES)
        return [path.name for path in files if path.name not in NO_NAMES and digest(path) != path.name]


def sets(disks: Disks) -> list[Path]:
    with loop_disks.mounted(disks.file("red")) as disk:
        return [*(disk / "his1/snapshots").iterdir()]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_whole(disks: Disks, tmp_path: Path) -> None:
    """Let restic read all of the disk."""
    (tmp_path / "password").write_text(PASSWORD)
    with loop_disks.mounted(disks.file("red")) as disk:
        words = ["restic", "--no-cache", "--no-lock", "-r", disk / "his1", "--password-file", tmp_path / "password"]
        run([*words, "check", "--read-data"], timeout=60)
        assert run([*words, "snapshots", "--json"], timeout=60).stdout.strip() != "[]"


def test_a_disk_whose_plug_was_pulled_is_never_called_good(disks: Disks, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # a failed test shows it
    chance = random.Random(seed)
    fresh = disks.file("red").read_bytes()
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        began = time.monotonic()
        assert day(disks) == 0
        usual = time.monotonic() - began
    read_whole(disks, tmp_path)
    disks.file("red").write_bytes(fresh)
    ends = []
    for _ in range(MOMENTS):
        before = disks.state("red")["last_good"]
        with loop_disks.attached(disks.file("red")) as device:
            assert (
                disks.seawall("arrive") == 0
            )  # what the last pull left is never damaged: restic renames what it wrote
            with pulled(disks, device, chance.uniform(0, usual)) as done:
                code = day(disks)
            loop_disks.unmounted(disks.mounted)
        state = disks.state("red")
        ends.append((done[0], code))
        assert wrong(disks) == []
        if code == 0:
            read_whole(disks, tmp_path)
        else:
            assert state["last_good"] == before
            assert (state["kind"], state["verdict"]) != ("disk-leaving", "pass")
        if sets(disks):  # it has nothing more to copy
            disks.file("red").write_bytes(fresh)
    assert MOMENTS < MANY or {code for gone, code in ends if gone} & {1, 2}, ends


def test_what_is_left_of_a_pulled_disk_is_cleared_away_when_it_comes_again(disks: Disks, capsys) -> None:
    with loop_disks.attached(disks.file("red")) as device:
        assert disks.seawall("arrive") == 0
        assert loop_disks.pull(disks.mounted, device)
        assert disks.seawall("update") == 1
        assert disks.seawall("arrive") == 0
        assert day(disks) == 0


def test_a_disk_whose_plug_was_pulled_after_the_copies_is_not_good(disks: Disks) -> None:
    with loop_disks.attached(disks.file("red")) as device:
        assert disks.seawall("arrive") == 0
        assert disks.seawall("update") == 0
        assert loop_disks.pull(disks.mounted, device)
        assert disks.seawall("leave", *HANDS) == 1
        assert disks.state("red")["last_good"] is None
