"""The nightly search of a backup host: what it notes, what it names, and what a person can accept."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept import Keeper, kept
from one_machine import Machine

from ops.core.quantity import Size
from ops.keeper.quota import LEAST


@pytest.fixture
def keeper(machine: Machine, tmp_path: Path) -> Iterator[Keeper]:
    with kept(machine, tmp_path) as one:
        assert one.seawall("repository", "arrivals") == 0
        yield one


def test_backups_of_every_night_are_no_foreign_files(machine: Machine, keeper: Keeper):
    for _ in range(2):
        assert machine.seawall("backup", "documents") == 0
        assert keeper.seawall("repository", "arrivals") == 0


def test_a_key_that_is_gone_and_a_repository_made_anew_are_named(keeper: Keeper):
    (key,) = (keeper.repository / "keys").iterdir()
    key.unlink()
    (keeper.repository / "config").chmod(0o600)
    (keeper.repository / "config").write_bytes(os.urandom(200))
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == {"config", f"keys/{key.name}"}


def test_a_repository_that_is_gone_is_no_pass(keeper: Keeper, tmp_path: Path):
    keeper.repository.rename(tmp_path / "elsewhere")
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == {"config"}


def test_a_link_in_the_place_of_a_repository_is_not_followed(keeper: Keeper, tmp_path: Path):
    keeper.repository.rename(tmp_path / "elsewhere")
    keeper.repository.symlink_to(tmp_path / "elsewhere")
    assert keeper.seawall("repository", "arrivals") == 2


def test_nothing_is_trusted_without_its_record(keeper: Keeper):
    strange = keeper.add("keys", b"x" * 200)
    assert keeper.seawall("repository", "arrivals") == 2
    key = keeper.root / "etc/seawall/credentials/ledger.key"
    away = key.rename(keeper.root / "away")
    assert keeper.seawall("repository", "arrivals", "--accept", "his1", "--reason", "for the archive") == 1
    assert keeper.named() == {strange}
    assert keeper.seawall("repository", "arrivals") == 2
    away.rename(key)
    assert keeper.seawall("repository", "arrivals", "--accept", "his1", "--reason", "for the archive") == 0
    assert keeper.named() == set()


def test_what_a_person_accepts_is_trusted_and_recorded(keeper: Keeper):
    key = keeper.add("keys", b"x" * 200)
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.seawall("repository", "arrivals", "--accept", "his1", "--reason", "") == 2
    assert keeper.seawall("repository", "arrivals", "--accept", "his1", "--reason", "for the archive") == 0
    assert keeper.seawall("repository", "arrivals") == 0
    later = keeper.add("keys", b"y" * 200)
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == {later}
    (line,) = (keeper.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    assert json.loads(line)["act"] == "accept-arrivals"
    assert key != later


def add_reader(keeper: Keeper) -> None:
    """Let the policy name one more reader of the machine's repository."""
    path = keeper.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    policy["clients"]["his1"] = [*policy["clients"]["his1"], "drill1"]
    path.write_text(json.dumps(policy))


@pytest.mark.parametrize("older", [False, True])
def test_a_key_that_was_named_once_is_not_trusted_as_a_new_readers(keeper: Keeper, older: bool):
    """older: the state is one of the release before, which did not note when the newest key had arrived."""
    own = next((keeper.repository / "keys").iterdir()).name
    intruder = keeper.add("keys", b"x" * 200)
    assert keeper.seawall("repository", "arrivals") == 2
    state = keeper.root / "var/lib/seawall/state/arrivals.json"
    if older:
        told = json.loads(state.read_text())
        del told["repositories"]["his1"]["judged"]
        state.write_text(json.dumps(told))
    add_reader(keeper)
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == {intruder}
    reader = keeper.add("keys", b"y" * 200)
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == {intruder}
    assert json.loads(state.read_text())["repositories"]["his1"]["keys"] == [own, reader.partition("/")[2]]
    assert keeper.seawall("repository", "set-aside", "his1", "--reason", "the intruder's") == 0
    assert keeper.seawall("repository", "arrivals") == 0
    assert {path.name for path in (keeper.repository / "keys").iterdir()} == {own, reader.partition("/")[2]}


def test_a_key_that_was_moved_aside_and_back_is_not_trusted_as_a_new_readers(keeper: Keeper):
    intruder = keeper.add("keys", b"x" * 200)
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.seawall("repository", "set-aside", "his1", "--reason", "a key") == 0
    assert keeper.seawall("repository", "arrivals") == 0
    add_reader(keeper)
    (move,) = (keeper.root / "srv/seawall/.aside/his1").iterdir()
    assert keeper.seawall("repository", "set-aside", "his1", "--back", move.name, "--reason", "for a look") == 0
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == {intruder}


def test_what_opens_the_repository_is_never_set_aside(keeper: Keeper, tmp_path: Path):
    (key,) = (keeper.repository / "keys").iterdir()
    for path in (f"keys/{key.name}", "config"):
        (tmp_path / "names").write_text(f"{path}\n")
        words = ("repository", "set-aside", "his1", "--files", str(tmp_path / "names"), "--reason", "x")
        assert keeper.seawall(*words) == 2
    everything = ("--arrived-after", "2000-01-01T00:00:00Z")
    assert keeper.seawall("repository", "set-aside", "his1", *everything, "--reason", "x") == 0
    assert {path.name for path in keeper.repository.rglob("*") if path.is_file()} == {"config", key.name}


def test_a_state_that_cannot_be_read_trusts_nobody_anew(keeper: Keeper):
    (keeper.root / "var/lib/seawall/state/arrivals.json").write_text("{")
    keeper.add("keys", b"x" * 200)
    assert keeper.seawall("repository", "arrivals") == 1


def test_a_client_without_a_repository_yet_has_an_empty_folder_and_no_foreign_files(keeper: Keeper):
    """The role makes the folder: the client's server sees nothing else."""
    (keeper.root / "var/lib/seawall/state/arrivals.json").unlink()
    shutil.rmtree(keeper.repository)
    keeper.repository.mkdir()
    assert keeper.seawall("repository", "arrivals") == 0
    (keeper.repository / "strange").write_text("x")
    assert keeper.seawall("repository", "arrivals") == 2


def test_a_quota_that_is_nearly_used_up_is_announced(keeper: Keeper, capsys: pytest.CaptureFixture[str]):
    path = keeper.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    more = Size(shutil.disk_usage(keeper.root).total + (64 << 30))
    for quota, code, said in (
        (str(more), 1, "the quotas together are"),
        ("1GiB", 0, "; 500"),  # which any folder for temporary files has room for
        ("600MiB", 1, "of its quota of 600 MiB"),
        ("500MiB", 2, "nothing more"),
    ):
        policy["repositories"]["primary"]["options"] = {"quota": quota}
        path.write_text(json.dumps(policy))
        folder = keeper.repository / "data/00"
        folder.mkdir(exist_ok=True)
        for number in range((500 << 20) // LEAST - len(list(folder.iterdir()))):
            (folder / f"{number + (1 << 60):064x}").write_bytes(b"x" * 200)
        capsys.readouterr()
        assert keeper.seawall("repository", "arrivals") == code
        assert said in capsys.readouterr().out
