"""Removable disks: known by what they are, good only when they left, and never taken for another one."""

import json
import shutil
from pathlib import Path

import loop_disks
import pytest
from disks_of_one import HANDS, Disks
from one_machine import damage

from ops.core.run import run

pytestmark = loop_disks.needs_root


def files(disks: Disks, sort: str = "data") -> list[Path]:
    """Return the files of the repository on the disk that is here, the largest last."""
    found = [path for path in (disks.mounted / "his1" / sort).rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_size)


def records(disks: Disks) -> list[dict]:
    lines = (disks.machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_two_disks_take_turns(disks: Disks, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disks.turn("red")
    slip = capsys.readouterr().out
    facts = disks.state("red")["last_good"]
    for told in ("Head of IT", facts["repository_id"], facts["sets"]["documents"], facts["content"]):
        assert told in slip
    disks.turn("blue")
    assert {disks.state(label)["verdict"] for label in ("red", "blue")} == {"pass"}
    assert disks.seawall("list") == 0
    assert capsys.readouterr().out.count(": good; not here; left ") == 2
    assert disks.seawall("update") == 2, "none is here"
    assert not [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(disks.path) in line]


def test_the_slip_is_signed_and_one_letter_more_is_noticed(disks: Disks, tmp_path: Path) -> None:
    disks.turn("red")
    slip = disks.machine.root / "var/lib/seawall/state/slips/slip-disks-red.txt"
    public = run(["ssh-keygen", "-y", "-f", disks.machine.root / "etc/seawall/credentials/ledger.key"], timeout=20)
    (tmp_path / "signers").write_text(f"his1 {public.stdout}")
    words = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "signers", "-I", "his1", "-n", "seawall-slip"]
    words += ["-s", slip.with_suffix(".sig")]
    assert "Good" in run(words, timeout=20, input=slip.read_text()).stdout
    assert run(words, timeout=20, input=f"{slip.read_text()}!", ok=range(256)).code
    assert disks.seawall("slip", "red") == 0
    slip.write_text(slip.read_text().replace("Head of IT", "somebody"))
    assert disks.seawall("slip", "red") == 1


def test_it_is_restored_from(disks: Disks, tmp_path: Path) -> None:
    disks.turn("red")
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive", "red") == 0
        assert disks.machine.seawall("restore", "documents", "--from", "disks", "--to", tmp_path / "restored") == 0
        assert disks.seawall("leave", *HANDS) == 2, "nothing was copied since it arrived"
        assert disks.seawall("leave", "--not-good", "only for a restore") == 0
    assert disks.state("red")["verdict"] == "fail"


def test_a_disk_that_the_policy_does_not_know_is_refused(disks: Disks, tmp_path: Path, capsys) -> None:
    strange = loop_disks.image(tmp_path / "strange")
    with loop_disks.attached(strange):
        assert disks.seawall("arrive") == 1
    assert "no disk of disks is connected that the policy knows" in capsys.readouterr().err
    assert (records(disks)[-1]["act"], records(disks)[-1]["result"]) == ("disk-arrival", "fail")


def formatted(disks: Disks) -> None:
    loop_disks.run("mkfs.ext4", "-q", "-F", disks.file("red"))


def other_sort(disks: Disks) -> None:
    loop_disks.run("mkswap", disks.file("red"))


def exchanged(disks: Disks) -> None:
    shutil.copy2(disks.file("blue"), disks.file("red"))


def link(disks: Disks) -> None:
    with loop_disks.mounted(disks.file("red")) as disk:
        (disk / "his1/data/ff").symlink_to("/etc")


@pytest.mark.parametrize("spoil", [formatted, other_sort, exchanged, link], ids=lambda spoil: spoil.__name__)
def test_a_disk_that_is_another_one_than_it_says_is_refused(disks: Disks, spoil) -> None:
    spoil(disks)
    with loop_disks.attached(disks.file("red")) as device:
        assert disks.seawall("arrive") == 1
        assert not disks.mounted.is_mount()
        assert not (disks.path / "arrived.json").exists()
        loop_disks.run("losetup", "--detach", device)


def test_what_somebody_mounted_there_is_not_written_to(disks: Disks, capsys) -> None:
    disks.turn("red")
    with loop_disks.attached(disks.file("red")) as device:
        loop_disks.run("mount", device, disks.mounted)
        assert disks.machine.seawall("copy", "documents") == 1
        assert "did not arrive" in capsys.readouterr().out
        assert disks.seawall("arrive") == 2, "a person mounted it, and a person takes it off"
        assert disks.mounted.is_mount()


def test_a_disk_that_took_the_place_of_the_one_that_arrived_is_not_written_to(disks: Disks, capsys) -> None:
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        note = (disks.path / "arrived.json").read_text()
        assert disks.seawall("leave", "--not-good", "to exchange it") == 0
    with loop_disks.attached(disks.file("blue")) as device:
        number = Path(f"/sys/block/{device.name}/dev").read_text().strip()
        (disks.path / "arrived.json").write_text(json.dumps(json.loads(note) | {"device": number}))
        loop_disks.run("mount", device, disks.mounted)
        assert disks.machine.seawall("copy", "documents") == 1
        assert "did not arrive" in capsys.readouterr().out


def test_damage_is_found_when_it_arrives_and_when_it_leaves(disks: Disks) -> None:
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        assert disks.seawall("leave", *HANDS) == 2, "it was not brought up to date"
        assert disks.seawall("update") == 0
        damage(files(disks)[-1])
        assert disks.seawall("leave", *HANDS) == 1
        assert not disks.mounted.is_mount()
        assert disks.state("red")["last_good"] is None
        assert disks.seawall("arrive") == 1
        assert "another SHA-256" in disks.state("red")["message"]
        assert disks.seawall("verify") == 1
        assert disks.seawall("update") == 0
        assert disks.seawall("leave", *HANDS) == 1
    assert disks.state("red")["damaged"]


@pytest.mark.parametrize("sort", ["data", "index", "snapshots"])
def test_what_is_gone_is_missed(disks: Disks, sort: str) -> None:
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        assert disks.seawall("update") == 0
        files(disks, sort)[-1].unlink()
        assert disks.seawall("leave", *HANDS) == 1
    assert disks.state("red")["last_good"] is None


def test_a_disk_that_is_in_use_stays_and_was_not_good(disks: Disks, capsys) -> None:
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        assert disks.seawall("update") == 0
        with files(disks)[-1].open("rb"):
            assert disks.seawall("leave", *HANDS) == 1
        assert "is in use" in capsys.readouterr().out
        assert disks.state("red")["last_good"] is None
        assert disks.seawall("leave", *HANDS) == 0


def test_it_is_mounted_so_that_nothing_on_it_is_obeyed(disks: Disks) -> None:
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 0
        lines = [one.split() for one in Path("/proc/self/mountinfo").read_text().splitlines()]
        (line,) = [one for one in lines if one[4] == str(disks.mounted)]
        assert {"nosuid", "nodev", "noexec", "nosymfollow"} <= {*line[5].split(",")}
        assert disks.seawall("arrive") == 2, "it is here already"


def test_the_mount_point_is_made_before_any_disk_comes(disks: Disks, capsys) -> None:
    shutil.rmtree(disks.mounted)
    assert disks.machine.seawall("repository", "prepare") == 0
    assert disks.mounted.is_dir()
    assert disks.machine.seawall("repository", "prepare") == 0
    assert capsys.readouterr().out.count(": made") == 1
    assert disks.machine.seawall("copy", "documents") == 1


def test_only_an_empty_disk_is_made_ready(disks: Disks, tmp_path: Path, capsys) -> None:
    disks.told(disks.made | {"green": {"serial": disks.serial("green")}})
    with loop_disks.attached(loop_disks.image(disks.file("green"))):
        assert disks.seawall("make", "green", "--plain") == 2
        assert "is not empty" in capsys.readouterr().err
    assert disks.seawall("make", "red", "--plain") == 2, "the policy says what is on it"


@pytest.mark.skipif(Path("/dev/mapper/control").exists(), reason="the kernel has device-mapper")
def test_without_device_mapper_it_is_said_by_name(disks: Disks, capsys) -> None:
    disks.told(disks.made | {"green": {"serial": disks.serial("green")}})
    with loop_disks.attached(loop_disks.image(disks.file("green"), formatted=False)):
        assert disks.seawall("make", "green") == 1
    assert "not run: no device-mapper" in capsys.readouterr().err
