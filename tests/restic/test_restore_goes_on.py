"""A restore into a real server is no dead end: one part ends no other, it goes on, and differences can be accepted."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from one_machine import Machine, afterwards, copied, served, set_policy
from throwaway_postgresql import Cluster, cluster

from ops.sources.postgresql.nature import MARK
from ops.sources.postgresql.restore import RestoreTarget

NAMES = ("births", "doses", "wards")
EACH = "{}_b"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can speak to a server as its account")


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as made:
        for name in NAMES:
            made.psql(f"create database {name}")
            made.psql("create table beds (id int primary key); insert into beds select generate_series(1, 5)", name)
        yield made


@pytest.fixture(scope="module")
def stored(backed_up: Path, server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine that has backed up all databases of the server, to make others of."""
    folder = tmp_path_factory.mktemp("lis")
    machine = copied(backed_up, folder)
    set_policy(
        machine, {"lis": {"database": ("postgresql", {"all": True, "socket": server.socket, "user": "postgres"})}}
    )
    with served(machine):
        assert machine.seawall("backup", "lis") == 0
    return folder


@pytest.fixture
def machine(stored: Path, tmp_path: Path) -> Iterator[Machine]:
    """The machine with its set, of this test's own."""
    one = copied(stored, tmp_path)
    with served(one):
        yield one


@pytest.fixture
def lis(server: Cluster) -> Iterator[Cluster]:
    """The server, all of whose databases were backed up; what else is made on it goes with the test."""
    before = set(server.databases())
    yield server
    for name in {*server.databases()} - before:
        server.psql(f'drop database "{name}" with (force)')


def rows(server: Cluster, database: str) -> int:
    return int(server.psql("select count(*) from beds", database))


def numbers(server: Cluster) -> dict[str, str]:
    return dict(line.split("|") for line in server.psql("select datname, oid from pg_database").splitlines())


def losing_a_row(patch: pytest.MonkeyPatch, server: Cluster, database: str) -> None:
    """Let a row be lost right after a database was loaded."""
    afterwards(patch, RestoreTarget, "loaded", lambda: server.psql("delete from beds where id = 1", database))


def test_one_that_cannot_be_restored_ends_no_other_and_the_same_command_goes_on(
    lis: Cluster, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    lis.psql("create database doses_b")  # a person's own
    lis.psql("create table own (id int)", "doses_b")
    assert machine.seawall("restore", "lis", "--to", EACH) == 1
    said = capsys.readouterr().out
    assert "2 of 3 parts restored" in said
    assert "database.births is the database births_b" in said
    assert "database.wards is the database wards_b" in said
    assert "database.doses is NOT restored: the database 'doses_b' already exists" in said
    assert (rows(lis, "births_b"), rows(lis, "wards_b")) == (5, 5)
    assert lis.psql("select count(*) from own", "doses_b") == "0"
    made = numbers(lis)
    lis.psql("alter database doses_b rename to mine")
    lis.psql("drop database wards_b")
    lis.psql("create database wards_b")  # a person's, where the restored one was
    assert machine.seawall("restore", "lis", "--to", EACH) == 1
    said = capsys.readouterr().out
    assert "database.births was restored at " in said
    assert "database.wards is NOT restored: the database 'wards_b' already exists" in said
    assert numbers(lis)["births_b"] == made["births_b"]
    assert rows(lis, "doses_b") == 5
    lis.psql("drop database wards_b")
    assert machine.seawall("restore", "lis", "--to", EACH) == 0
    assert rows(lis, "wards_b") == 5
    assert not list((machine.root / "var/lib/seawall/restores").iterdir())
    assert machine.seawall("restore", "lis", "--to", EACH) == 1  # all of it is done: this is a new restore
    assert numbers(lis)["births_b"] == made["births_b"]


def test_in_place_what_was_put_there_stays_when_the_same_command_goes_on(
    lis: Cluster, machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("restore", "lis", "--in-place", "--confirm", "lis")
    with monkeypatch.context() as patch:
        losing_a_row(patch, lis, "wards_restoring")
        patch.setattr(RestoreTarget, "loaded", _only(RestoreTarget.loaded, "wards_restoring"))
        assert machine.seawall(*words) == 1
    assert "the database wards was not touched" in capsys.readouterr().out
    lis.psql("insert into beds values (6)", "births")  # work goes on in what is in place
    lis.psql("insert into beds values (1)", "wards_restoring")
    assert machine.seawall(*words) == 0
    assert "database.births was restored at " in capsys.readouterr().out
    assert (rows(lis, "births"), rows(lis, "doses"), rows(lis, "wards")) == (6, 5, 5)
    lis.psql("delete from beds where id = 6", "births")


def _only(real: Callable[..., Any], database: str) -> Callable[..., Any]:
    return lambda self, name: real(self, name) if name == database else None


def test_differences_are_named_accepted_by_a_person_and_recorded(
    lis: Cluster, machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("restore", "lis", "--part", "database.wards", "--to", "wards_b")
    losing_a_row(monkeypatch, lis, "wards_b")
    assert machine.seawall(*words) == 1
    said = capsys.readouterr().out
    assert "the database wards_b holds what was restored of database.wards, but does not match its manifest" in said
    assert "--accept-differences" in said
    assert lis.databases()["wards_b"][2] == MARK
    loaded = numbers(lis)["wards_b"]
    assert machine.seawall(*words, "--accept-differences") == 2
    assert "requires confirmation" in capsys.readouterr().err
    assert machine.seawall(*words, "--accept-differences", "--confirm", "his") == 2
    capsys.readouterr()
    assert machine.seawall(*words, "--accept-differences", "--confirm", "lis") == 0
    said = capsys.readouterr().out
    assert "  database.wards: volume: " in said
    assert "(accepted by person:" in said
    assert (numbers(lis)["wards_b"], lis.databases()["wards_b"][2]) == (loaded, "")  # it was not loaded again
    lines = (machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    override, restore = (json.loads(line) for line in lines[-2:])
    assert override["facts"]["guard"] == "restored data are as their manifest says"
    assert "database.wards: volume: " in override["facts"]["reason"]
    assert restore["result"] == "warn"
    assert restore["facts"]["accepted"] == ["database.wards"]
    assert restore["facts"]["accepted_by"].startswith("person:")


@pytest.mark.parametrize(("answer", "code"), [("lis", 0), ("no", 1)])
def test_in_place_a_person_is_asked_before_anything_is_swapped(
    lis: Cluster, machine: Machine, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    losing_a_row(monkeypatch, lis, "wards_restoring")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    asked = []

    def person(question: str) -> str:
        asked.append((question, rows(lis, "wards")))
        return "lis" if len(asked) == 1 else answer

    monkeypatch.setattr("builtins.input", person)
    words = ("restore", "lis", "--part", "database.wards", "--in-place", "--accept-differences")
    assert machine.seawall(*words) == code
    assert [seen for _, seen in asked] == [5, 5]
    assert rows(lis, "wards") == (4 if code == 0 else 5)
    if code == 0:
        lis.psql("insert into beds values (1)", "wards")


def test_what_is_as_its_manifest_says_asks_nobody(lis: Cluster, machine: Machine) -> None:
    words = ("restore", "lis", "--part", "database.wards", "--to", "wards_b", "--accept-differences")
    assert machine.seawall(*words, "--confirm", "lis") == 0
    assert machine.state("restore-lis")["verdict"] == "pass"


def test_a_server_without_room_is_not_begun(
    lis: Cluster, machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = shutil.disk_usage

    def full(path: Path) -> Any:
        return SimpleNamespace(free=1 << 20) if str(path).startswith(lis.socket) else real(path)

    monkeypatch.setattr("shutil.disk_usage", full)
    assert machine.seawall("restore", "lis", "--part", "database.wards", "--to", "wards_b") == 1
    assert "loading database.wards needs " in capsys.readouterr().out
    assert "wards_b" not in lis.databases()


def test_rows_that_a_check_refuses_come_back_from_the_repository(lis: Cluster, machine: Machine) -> None:
    """The loader's failure is taken for the loader's, which is mended, and not for one of restic's, which ends all."""
    lis.psql("create database late")
    lis.psql("create table late (i int); insert into late values (0), (1)", "late")
    lis.psql("alter table late add constraint positive check (i > 0) not valid", "late")
    options = {"database": "late", "socket": lis.socket, "user": "postgres"}
    set_policy(machine, {"late": {"database": ("postgresql", options)}})
    assert machine.seawall("backup", "late") == 0
    assert machine.seawall("restore", "late", "--to", "late_b") == 0
    assert lis.psql("select i from late order by i", "late_b") == "0\n1"
    said = machine.state("restore-late")["message"]
    assert "public.late could be loaded only without the checks of the table" in said
