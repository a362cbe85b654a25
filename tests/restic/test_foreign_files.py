"""Files that somebody added to a repository: named, in nobody's way for long, and moved aside and back."""

import base64
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from kept import Keeper, kept
from one_machine import Machine

from ops.core.errors import SeawallError
from ops.jobs import repository as making
from ops.jobs.host import own_policy

GARBAGE = {"index": 300, "snapshots": 300}


@pytest.fixture
def keeper(machine: Machine, tmp_path: Path) -> Iterator[Keeper]:
    """A backup host that has looked at the repository once, when all was well."""
    with kept(machine, tmp_path) as one:
        assert one.seawall("repository", "arrivals") == 0
        yield one


def add_keys(keeper: Keeper, count: int, *, first: bool = False) -> set[str]:
    """Add keys of the right form that open nothing; first: such as a server lists before the right one."""
    (good,) = (keeper.repository / "keys").iterdir()
    key = json.loads(good.read_text()) | {"N": 2, "r": 1, "p": 1}
    added: set[str] = set()
    number = 0
    while len(added) < count:
        number += 1
        content = json.dumps(
            key | {"username": f"u{number}", "data": base64.b64encode(os.urandom(96)).decode()}
        ).encode()
        if not first or sha256(content).hexdigest() < good.name:
            added.add(keeper.add("keys", content))
    return added


def readable(machine: Machine, target: Path) -> bool:
    """Whether the machine's newest set can be restored, as a reader would."""
    shutil.rmtree(target, ignore_errors=True)
    repository = replace(machine.place("primary").repository, locks=False)
    try:
        snapshot = repository.snapshots(["seawall-asset=documents", "seawall-part=all"])[-1]
        repository.restore(snapshot.id, target, timeout=60)
    except SeawallError:
        return False
    return True


@pytest.mark.parametrize(("count", "first"), [(400, False), (25, True)])
def test_garbage_keys_hinder_nobody_who_noted_the_right_one(machine, keeper, tmp_path, count, first):
    making.make(own_policy.read(), "primary", [])
    added = add_keys(keeper, count, first=first)
    assert readable(machine, tmp_path / "out")
    assert keeper.seawall("repository", "arrivals") == 2
    assert keeper.named() == added


def test_without_the_noted_id_twenty_keys_before_the_right_one_are_enough(machine, keeper, tmp_path):
    """rest-server lists by name; with the id, none of it matters."""
    add_keys(keeper, 25, first=True)
    assert not readable(machine, tmp_path / "out")


@pytest.mark.parametrize("size", [0, 5, 31, 300, 5000])
@pytest.mark.parametrize("sort", ["index", "snapshots"])
def test_garbage_is_named_with_the_key_and_reading_goes_on_without_it(machine, keeper, tmp_path, capfd, sort, size):
    path = keeper.add(sort, os.urandom(size))
    assert machine.seawall("repository", "foreign", "primary") == 1
    assert capfd.readouterr().out.split()[0] == path
    words = ["restic", "--no-cache", "--no-lock", "restore", "latest", "--tag", "seawall-part=all", "--target"]
    assert machine.seawall("repository", "view", "primary", "--", *words, tmp_path / "out") == 0
    assert list((tmp_path / "out").rglob("0.txt"))


def test_a_whole_restore_goes_through_a_view(machine, keeper, tmp_path):
    for sort, size in GARBAGE.items():
        keeper.add(sort, os.urandom(size))
    target = tmp_path / "restored"
    words = ["seawall", "restore", "documents", "--to", str(target)]
    assert machine.seawall(*words[1:]) != 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(__file__).parents[2] / '.venv/bin'}:{os.environ['PATH']}")
        assert machine.seawall("repository", "view", "primary", "--", *words) == 0
    assert list(target.rglob("0.txt"))


def test_what_is_named_is_set_aside_by_one_command_and_moved_back_by_another(machine, keeper, tmp_path, capfd):
    paths = {
        keeper.add("index", os.urandom(300)),
        keeper.add("snapshots", os.urandom(300)),
        keeper.add("locks", b"x" * 90),
    }
    capfd.readouterr()
    assert machine.seawall("repository", "foreign", "primary") == 1
    names = tmp_path / "names"
    names.write_text(capfd.readouterr().out)
    assert {line.split()[0] for line in names.read_text().splitlines()} == paths
    assert not readable(machine, tmp_path / "out")
    assert keeper.seawall("repository", "set-aside", "his1", "--files", str(names), "--reason", "garbage") == 0
    assert readable(machine, tmp_path / "out")
    assert machine.seawall("backup", "documents") == 0
    (move,) = (keeper.root / "srv/seawall/.aside/his1").iterdir()
    assert keeper.seawall("repository", "set-aside", "his1", "--back", move.name, "--reason", "they were ours") == 0
    assert not move.exists()
    assert all((keeper.repository / path).is_file() for path in paths)
    records = (keeper.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["act"] for line in records] == ["set-aside", "set-aside-back"]
    assert [json.loads(line)["facts"]["files"] for line in records] == [3, 3]


def test_of_names_from_a_pipe_no_other_file_is_set_aside(machine, keeper, monkeypatch):
    named, other = keeper.add("index", os.urandom(300)), keeper.add("index", os.urandom(300))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{named} is no index\n"))
    assert keeper.seawall("repository", "set-aside", "his1", "--files", "-", "--reason", "garbage") == 0
    assert [(keeper.repository / path).exists() for path in (named, other)] == [False, True]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert keeper.seawall("repository", "set-aside", "his1", "--files", "-", "--reason", "garbage") == 2
    assert (keeper.repository / other).exists()


def test_setting_up_a_site_again_is_not_hindered_by_keys_of_any_form(machine, keeper):
    assert machine.seawall("repository", "init") == 0
    noted = (machine.root / "var/lib/seawall/keys/primary").read_text()
    add_keys(keeper, 30, first=True)
    for content in (b"", b"{", os.urandom(300), b"null", b'{"kdf": "scrypt", "N": 1099511627776, "r": 8, "p": 1}'):
        keeper.add("keys", content)
    assert machine.seawall("repository", "init") == 0
    assert (machine.root / "var/lib/seawall/keys/primary").read_text() == noted
