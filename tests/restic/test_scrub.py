"""A backup host reads what it keeps again and again: it names what a disk has damaged, and nothing that is well."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from kept import Keeper, kept
from one_machine import Machine, damage

from ops.core import clock
from ops.core.clock import iso

DAY = 86_400.0
REASON = ("--reason", "removed by hand, ticket 4712")


@pytest.fixture
def keeper(machine: Machine, tmp_path: Path) -> Iterator[Keeper]:
    with kept(machine, tmp_path) as one:
        assert one.seawall("repository", "scrub") == 0
        yield one


def of_his1(keeper: Keeper) -> dict[str, Any]:
    state = json.loads((keeper.root / "var/lib/seawall/state/scrub.json").read_text())
    return dict(state["repositories"]["his1"])


def named(keeper: Keeper) -> dict[str, str]:
    return {one["path"]: one["why"] for one in of_his1(keeper)["damaged"]}


def options(keeper: Keeper, **changes: str) -> None:
    path = keeper.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    policy["checks"]["scrub"]["options"] = changes
    path.write_text(json.dumps(policy))


def files(keeper: Keeper, sort: str) -> list[Path]:
    return sorted(path for path in (keeper.repository / sort).rglob("*") if path.is_file())


def path_of(keeper: Keeper, file: Path) -> str:
    return str(file.relative_to(keeper.repository))


def test_every_file_is_read_and_is_well(machine: Machine, keeper: Keeper):
    assert machine.seawall("backup", "documents") == 0
    assert keeper.seawall("repository", "scrub") == 0
    seen = of_his1(keeper)
    there = [file for sort in ("data", "index", "snapshots", "keys") for file in files(keeper, sort)]
    assert (seen["files"], seen["count"], seen["late"]) == (len(there), 0, 0)
    assert seen["fresh"] == seen["bytes"] == sum(file.stat().st_size for file in there)


@pytest.mark.parametrize("sort", ["data", "index", "snapshots", "keys"])
def test_a_flipped_bit_is_named_until_the_file_is_well_again(keeper: Keeper, tmp_path: Path, sort: str):
    file = files(keeper, sort)[-1]
    kept_times = file.stat()
    shutil.copy(file, tmp_path / "good")
    damage(file)
    os.utime(file, ns=(kept_times.st_atime_ns, kept_times.st_mtime_ns))  # as a disk does it
    options(keeper, every="1s")  # all is due again
    time_passes(keeper)
    for _ in range(2):
        assert keeper.seawall("repository", "scrub") == 2
        assert named(keeper).keys() == {path_of(keeper, file)}
    shutil.copy(tmp_path / "good", file)
    os.utime(file, ns=(kept_times.st_atime_ns, kept_times.st_mtime_ns))
    assert keeper.seawall("repository", "scrub") == 0
    assert named(keeper) == {}


def time_passes(keeper: Keeper, seconds: float = 10 * DAY) -> None:
    """Let all that was read have been read earlier."""
    import sqlite3

    with sqlite3.connect(keeper.root / "var/lib/seawall/state/scrub.sqlite") as link:
        link.execute("update file set read = read - ?", (seconds,))


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _emptied(file: Path) -> None:
    os.truncate(file, 0)


def _another(file: Path) -> None:
    file.write_bytes(os.urandom(file.stat().st_size))


def _link(file: Path) -> None:
    away = file.rename(file.parents[2] / "away")
    file.symlink_to(away)


@pytest.mark.parametrize("hurt", [_cut, _emptied, _another, Path.unlink, _link])
def test_whatever_happens_to_a_pack_is_named(keeper: Keeper, hurt: Callable[[Path], object]):
    pack = files(keeper, "data")[0]
    pack.chmod(0o600)
    hurt(pack)
    assert keeper.seawall("repository", "scrub") == 2
    assert named(keeper).keys() == {path_of(keeper, pack)}


def test_what_is_due_later_is_not_read_before(keeper: Keeper):
    pack = files(keeper, "data")[0]
    before = pack.stat()
    damage(pack)
    os.utime(pack, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert keeper.seawall("repository", "scrub") == 0
    time_passes(keeper, 14 * DAY)
    assert keeper.seawall("repository", "scrub") == 0
    time_passes(keeper, 2 * DAY)
    assert keeper.seawall("repository", "scrub") == 2
    assert named(keeper).keys() == {path_of(keeper, pack)}


def test_a_scrub_without_time_says_what_waits(machine: Machine, keeper: Keeper):
    assert machine.seawall("backup", "documents") == 0
    options(keeper, longest="0s")
    for file in files(keeper, "snapshots"):
        os.utime(file, (time.time() - 2 * DAY, time.time() - 2 * DAY))
    assert keeper.seawall("repository", "scrub") == 1
    assert of_his1(keeper)["late"] == len(files(keeper, "snapshots"))
    options(keeper)
    assert keeper.seawall("repository", "scrub") == 0
    assert of_his1(keeper)["late"] == 0


def test_a_file_that_is_too_large_keeps_no_other_from_being_read(keeper: Keeper) -> None:
    """A client can upload one that takes days; the unit would be ended before anything is noted, each night."""
    content = os.urandom(8 << 20)
    name = sha256(content).hexdigest()
    large = keeper.repository / "data" / name[:2] / name
    large.parent.mkdir(exist_ok=True)
    large.write_bytes(content)
    options(keeper, longest="2s", rate="1MiB")
    assert keeper.seawall("repository", "scrub") == 2
    assert named(keeper) == {path_of(keeper, large): "is so large that one scrub can't read it to its end"}
    options(keeper)
    assert keeper.seawall("repository", "scrub") == 2  # it waits for its turn
    options(keeper, every="1s")
    time_passes(keeper)
    assert keeper.seawall("repository", "scrub") == 0


def test_what_was_not_read_for_the_period_is_a_warning_with_its_share(keeper: Keeper):
    time_passes(keeper, 31 * DAY)
    options(keeper, longest="0s")
    assert keeper.seawall("repository", "scrub") == 1
    state = json.loads((keeper.root / "var/lib/seawall/state/scrub.json").read_text())
    assert "0.0 % of" in state["message"]


def test_a_file_that_is_gone_is_named_until_a_person_accepts_it(keeper: Keeper):
    pack = files(keeper, "data")[0]
    pack.unlink()
    for _ in range(2):
        assert keeper.seawall("repository", "scrub") == 2
        assert named(keeper) == {path_of(keeper, pack): "was there, and is gone"}
    assert keeper.seawall("repository", "scrub", "--accept", "his1", "--reason", " ") == 2
    assert named(keeper) != {}
    assert keeper.seawall("repository", "scrub", "--accept", "his1", *REASON) == 0
    assert keeper.seawall("repository", "scrub") == 0
    (line,) = (keeper.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    assert json.loads(line)["act"] == "accept-scrub"


def test_what_goes_after_a_person_accepted_is_not_accepted(keeper: Keeper):
    first, second = files(keeper, "data")[:2]
    first.unlink()
    assert keeper.seawall("repository", "scrub") == 2
    second.unlink()
    assert keeper.seawall("repository", "scrub", "--accept", "his1", *REASON) == 2
    assert named(keeper).keys() == {path_of(keeper, second)}


def test_what_a_scrub_that_was_killed_found_gone_is_not_accepted(keeper: Keeper):
    first, second = files(keeper, "data")[:2]
    first.unlink()
    assert keeper.seawall("repository", "scrub") == 2
    state = keeper.root / "var/lib/seawall/state/scrub.json"
    told = json.loads(state.read_text())
    told["repositories"]["his1"]["accepted"] = True
    told["finished"] = iso(clock.now() - timedelta(minutes=5))
    time_passes(keeper, 300.0)
    second.unlink()
    assert keeper.seawall("repository", "scrub") == 2
    state.write_text(json.dumps(told))  # as it was when the next one was killed
    assert keeper.seawall("repository", "scrub") == 2
    assert named(keeper).keys() == {path_of(keeper, second)}


def test_nothing_is_accepted_without_its_record(keeper: Keeper):
    files(keeper, "data")[0].unlink()
    assert keeper.seawall("repository", "scrub") == 2
    key = keeper.root / "etc/seawall/credentials/ledger.key"
    key.rename(keeper.root / "away")
    assert keeper.seawall("repository", "scrub", "--accept", "his1", *REASON) == 1
    assert keeper.seawall("repository", "scrub") == 2


def test_what_was_set_aside_is_not_gone_and_comes_back_unread(keeper: Keeper):
    strange = keeper.add("index", b"x" * 200)
    assert keeper.seawall("repository", "arrivals") == 0
    assert keeper.seawall("repository", "scrub") == 0
    names = keeper.root / "names"
    names.write_text(strange)
    assert keeper.seawall("repository", "set-aside", "his1", "--files", str(names), "--reason", "a trial") == 0
    assert keeper.seawall("repository", "scrub") == 0
    (move,) = (keeper.root / "srv/seawall/.aside/his1").iterdir()
    damage(move / strange)
    assert keeper.seawall("repository", "set-aside", "his1", "--back", move.name, "--reason", "the wrong one") == 0
    assert keeper.seawall("repository", "scrub") == 2
    assert named(keeper).keys() == {strange}


def test_a_repository_that_is_gone_or_another_is_no_pass(keeper: Keeper, tmp_path: Path):
    keeper.repository.rename(tmp_path / "elsewhere")
    assert keeper.seawall("repository", "scrub") == 2
    assert "can't be opened" in of_his1(keeper)["trouble"]
    keeper.repository.mkdir()  # its disk is not mounted
    assert keeper.seawall("repository", "scrub") == 2
    assert of_his1(keeper)["count"] == of_his1(keeper)["files"] > 0


def test_a_damaged_memory_is_said_and_another_one_is_begun(keeper: Keeper):
    memory = keeper.root / "var/lib/seawall/state/scrub.sqlite"
    memory.write_bytes(b"x" * 8192)
    assert keeper.seawall("repository", "scrub") == 1
    memory.rename(memory.with_suffix(".damaged"))
    assert keeper.seawall("repository", "scrub") == 0


def test_uploads_and_locks_are_not_read(keeper: Keeper):
    (keeper.repository / "locks" / ("a" * 64)).write_bytes(b"x")
    (keeper.repository / "data/00").mkdir(exist_ok=True)
    (keeper.repository / f"data/00/{'0' * 64}.rest-server-temp12345").write_bytes(b"x")
    assert keeper.seawall("repository", "scrub") == 0


def test_a_name_that_is_no_text_keeps_nothing_else_from_being_read(machine: Machine, keeper: Keeper) -> None:
    """As a folder has it that the disk has damaged."""
    strange = Path(os.fsdecode(bytes(keeper.repository / "index") + b"/\xff\xfe"))
    strange.write_bytes(b"whatever")
    assert machine.seawall("backup", "documents") == 0
    assert keeper.seawall("repository", "scrub") == 2
    seen = of_his1(keeper)
    assert [one["why"] for one in seen["damaged"]] == ["is not what was stored: its content has another SHA-256"]
    assert seen["late"] == 0
    assert seen["fresh"] == seen["bytes"]
    strange.unlink()
    assert keeper.seawall("repository", "scrub") == 2
    assert [one["why"] for one in of_his1(keeper)["damaged"]] == ["was there, and is gone"]
    assert keeper.seawall("repository", "scrub", "--accept", "his1", *REASON) == 0
