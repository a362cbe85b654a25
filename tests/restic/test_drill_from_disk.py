"""A drill from a removable disk: on a machine to which it is connected for a while, and where it has arrived."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import loop_disks
import pytest
from disks_of_one import Disks
from one_machine import damage

from ops.jobs.disk import borrowed

pytestmark = loop_disks.needs_root


@pytest.fixture
def drilling(disks: Disks) -> Disks:
    """A machine that may read its own disks as a drill host does, whose red disk left good."""
    disks.turn("red")
    secrets = disks.machine.root / "etc/seawall/credentials"
    for kind in ("url", "password"):
        shutil.copy(secrets / f"disks.{kind}", secrets / f"his1-disks.{kind}")
    path = disks.machine.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    asset = policy["assets"]["documents"]
    asset["drill"] = {"host": "his1", "kind": "files", "every": "31d"}
    policy["drills"] = {"documents": {"host": "his1", "asset": asset}}
    path.write_text(json.dumps(policy))
    return disks


def drill(disks: Disks, *words: str) -> int:
    return disks.machine.seawall("drill", "documents", "--from", "disks", *words)


def facts(disks: Disks) -> dict:
    lines = (disks.machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    (*_, last) = [one for one in map(json.loads, lines) if one["act"] == "drill"]
    return dict(last)


def mounts(disks: Disks) -> list[str]:
    """What is mounted for a drill of this machine's."""
    places = (str(disks.path), str(disks.machine.root / "var/lib/seawall/drills"))
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if any(place in line for place in places)]


def test_a_disk_that_is_connected_is_drilled_from_and_stays_as_it_was(drilling: Disks) -> None:
    file = drilling.file("red")
    before, state = sha256(file.read_bytes()).hexdigest(), drilling.state("red")
    with loop_disks.attached(file):
        assert drill(drilling) == 0
    record = facts(drilling)
    assert (record["result"], record["facts"]["repository"], record["facts"]["disk"]) == ("pass", "disks", "red")
    assert drilling.machine.state("drill-documents")["last_good"]["repository"] == "disks"
    assert sha256(file.read_bytes()).hexdigest() == before, "nothing on it changes"
    assert drilling.state("red") == state, "it is as good as it was"
    assert mounts(drilling) == []


def test_a_disk_that_arrived_is_drilled_from_where_it_is(drilling: Disks) -> None:
    with loop_disks.attached(drilling.file("red")):
        assert drilling.seawall("arrive") == 0
        assert drill(drilling) == 0
        assert facts(drilling)["facts"]["disk"] == "red"
        assert drilling.seawall("leave", "--not-good", "a drill was all") == 0


def test_without_a_disk_it_is_unknown(drilling: Disks) -> None:
    assert drill(drilling) == 3
    assert facts(drilling)["result"] == "unknown"
    assert "no disk of disks is connected that the policy knows" in facts(drilling)["message"]
    assert mounts(drilling) == []


def test_an_exchanged_disk_is_not_drilled_from(drilling: Disks) -> None:
    shutil.copy2(drilling.file("blue"), drilling.file("red"))
    with loop_disks.attached(drilling.file("red")):
        assert drill(drilling) == 3
    assert "red holds the repository" in facts(drilling)["message"]
    assert mounts(drilling) == []


def test_a_link_on_it_is_not_followed(drilling: Disks, capsys: pytest.CaptureFixture[str]) -> None:
    with loop_disks.mounted(drilling.file("red")) as disk:
        (disk / "his1/data/ff").mkdir(exist_ok=True)
        (disk / "his1/data/ff/ff").symlink_to("/etc/passwd")
    with loop_disks.attached(drilling.file("red")):
        assert drill(drilling) == 3
    assert "is not a plain file" in capsys.readouterr().out
    assert mounts(drilling) == []


def test_damage_on_it_is_noticed(drilling: Disks) -> None:
    with loop_disks.mounted(drilling.file("red")) as disk:
        for pack in sorted(disk.glob("his1/data/??/*")):
            damage(pack)
    with loop_disks.attached(drilling.file("red")):
        assert drill(drilling) in (2, 3)
    assert drilling.machine.state("drill-documents").get("last_good") is None


def test_a_drill_that_was_killed_leaves_a_disk_that_the_next_one_takes_off(drilling: Disks) -> None:
    with loop_disks.attached(drilling.file("red")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(borrowed, "_taken_off", lambda disks: None)  # it did not come to that
            assert drill(drilling) == 0
        assert mounts(drilling)
        policy = json.loads((drilling.machine.root / "etc/seawall/policy.json").read_text())
        (drilling.machine.root / "etc/seawall/policy.json").write_text(json.dumps({**policy, "host": "drill1"}))
        assert drill(drilling) == 0
        assert mounts(drilling) == []
