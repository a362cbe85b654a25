"""A server in a container of the real podman: dumped by its own programs, restored into it, refused in clear words."""

import array
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bare_tree import bare_tree
from contained_server import NAME, READER, READER_OF_MARIADB, Podman, door, podman
from one_machine import Machine, copied, served, set_policy

from ops.core.errors import Unavailable
from ops.core.names import ContainerName
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.drills import database
from ops.gaps._named import names
from ops.interfaces.outcome import DrillFacts
from ops.interfaces.source import Entered
from ops.jobs.drill.job import drilled
from ops.jobs.drill.options import DrillOptions
from ops.jobs.host import own_policy
from ops.policy.model import Drill, Drilled
from ops.sources._shared.container_door import REFUSED, understood
from ops.sources._shared.containers import Inside, entering
from ops.sources.postgresql import Options

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a container that is root's")
ASSET = {"his": {"database": ("postgresql", {"container": NAME, "database": "his"})}}
PLACE = Entered("podman", NAME, "postgres", ("psql", "pg_dump", "pg_dumpall"))
DATA = (
    "create table wards (id int primary key, name text); insert into wards select i, 'w' from generate_series(1, 50) i"
)
SOCKET = "/tmp/mysqld.sock"
DATA_OF_MARIADB = "create table wards (id int primary key, name text); insert into wards values (1, 'one'), (2, 'two')"
SESSIONS = "select count(*) from pg_stat_activity where usename = 'seawall_dump'"
GONE = f'[ "$(psql -U postgres -XAtc "{SESSIONS}")" = 0 ]'
assert Options(database="his", container=ContainerName(NAME)).entered == PLACE


@pytest.fixture(scope="module")
def engine() -> Iterator[Podman]:
    with podman() as one:
        one.serve()
        one.psql(READER)
        one.psql("create database his")
        one.psql(DATA, "his")
        yield one


@pytest.fixture(scope="module")
def stored(engine: Podman, backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine that has backed up the database in the container, to make others of."""
    folder = tmp_path_factory.mktemp("contained")
    machine = copied(backed_up, folder)
    set_policy(machine, ASSET)
    with served(machine), door(machine.root, PLACE):
        assert machine.seawall("backup", "his") == 0
    return folder


@pytest.fixture
def his(stored: Path, tmp_path: Path) -> Iterator[Machine]:
    """The machine with its set and the way into the container, of this test's own."""
    machine = copied(stored, tmp_path)
    with served(machine), door(machine.root, PLACE):
        yield machine


@pytest.fixture
def way(tmp_path: Path, engine: Podman, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The way into the container alone."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    with door(tmp_path, PLACE) as path:
        yield path


def rows(engine: Podman, database: str) -> int:
    return int(engine.psql("select count(*) from wards", database))


Failed = Callable[[Machine], str]


@pytest.fixture
def failed(capsys: pytest.CaptureFixture[str]) -> Failed:
    """A function that backs up in vain, and returns what was said."""

    def run(machine: Machine) -> str:
        capsys.readouterr()
        assert machine.seawall("backup", "his") == 1
        return capsys.readouterr().out

    return run


def asked(path: Path, message: bytes, streams: int = 3) -> bytes:
    """Call at the socket with so many descriptors; return the answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller, Path(os.devnull).open("r+b") as nothing:
        caller.connect(str(path))
        given = array.array("i", [nothing.fileno()] * streams)
        caller.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)] if streams else [])
        return caller.recv(16)


def test_it_is_taken_by_its_own_programs_and_comes_back_beside_and_in_place(engine: Podman, his: Machine) -> None:
    state = his.state("backup-his")
    assert state["verdict"] == "pass", state["message"]
    assert his.seawall("restore", "his", "--to", "his_again") == 0
    assert rows(engine, "his_again") == 50
    engine.psql("drop database his_again")
    engine.psql("delete from wards where id > 10", "his")
    assert his.seawall("restore", "his", "--in-place", "--confirm", "his") == 0
    assert rows(engine, "his") == 50


def test_the_names_of_its_databases_stand_in_its_files(engine: Podman) -> None:
    engine.psql("create database before")
    engine.psql('alter database before rename to "a b"')
    engine.psql("create database gone")
    engine.psql("drop database gone")
    engine.psql("checkpoint")
    told = json.loads(engine.psql("select json_object_agg(oid, datname) from pg_database"))
    found = names(engine.folder / f"store/volumes/{NAME}/_data/data")
    assert {number: name for number, name in found.items() if str(number) in told} == {
        int(number): name for number, name in told.items()
    }
    engine.psql('drop database "a b"')


def test_a_container_that_is_stopped_or_has_another_name_is_told_with_what_to_do(
    engine: Podman, his: Machine, failed: Failed
) -> None:
    engine.run("rename", NAME, "his-db-2027")
    try:
        assert f"there is no container {NAME}: podman ps --all lists them" in failed(his)
    finally:
        engine.run("rename", "his-db-2027", NAME)
    engine.run("stop", "--time=10", NAME)
    try:
        assert f"the container {NAME} is not running, but exited: podman start {NAME}" in failed(his)
    finally:
        engine.run("start", NAME)
        engine.wait(NAME, "pg_isready --quiet")
    assert his.seawall("backup", "his") == 0


def test_a_name_that_is_the_beginning_of_another_one_s_number_enters_none(
    engine: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`db` is both, once the container of that name was removed."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    number = engine.run("container", "inspect", "--format={{.Id}}", NAME)[:12]
    place = Entered("podman", number, "postgres", PLACE.programs)
    with door(tmp_path, place):
        done = subprocess.run(entering(place, ["psql", "--version"]), capture_output=True, text=True, check=False)
    assert done.returncode == REFUSED
    assert f"there is no container {number}" in done.stderr
    inside = Inside("postgres", {}, place=place)  # as a restore goes in, which root itself does
    for enter in (lambda: inside.run(["psql", "--version"], 60), lambda: inside.seen(Path("/tmp"))):
        with pytest.raises(Unavailable, match=f"there is no container {number}"):
            enter()
    engine.run("rename", NAME, "db")
    try:
        place = Entered("podman", "db", "postgres", PLACE.programs)
        with door(tmp_path, place):
            assert subprocess.run(entering(place, ["psql", "--version"]), check=False).returncode == 0
        assert Inside("postgres", {}, place=place).run(["psql", "--version"], 60)
    finally:
        engine.run("rename", "db", NAME)


def test_without_its_client_programs_or_its_role_that_is_told(engine: Podman, his: Machine, failed: Failed) -> None:
    engine.psql("alter role seawall_dump rename to another")
    try:
        assert 'role "seawall_dump" does not exist' in failed(his)
    finally:
        engine.psql("alter role another rename to seawall_dump")
    engine.serve_nothing("empty")
    place = Entered("podman", "empty", "postgres", PLACE.programs)
    set_policy(his, {"his": {"database": ("postgresql", {"container": "empty", "database": "his"})}})
    with door(his.root, place):
        assert "the container empty has no psql" in failed(his)


def test_mariadb_is_taken_by_its_own_programs_and_brought_into_a_folder(
    engine: Podman, his: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.serve_mariadb("lis-db")
    words = ("exec", "--interactive", "lis-db", "mariadb", "--no-defaults", f"--socket={SOCKET}", "--user=root")
    engine.run(*words, input=f"{READER_OF_MARIADB} create database lis; use lis; {DATA_OF_MARIADB}")
    set_policy(his, {"lis": {"database": ("mariadb", {"container": "lis-db", "socket": SOCKET, "all": True})}})
    with door(his.root, Entered("podman", "lis-db", "mysql", ("mariadb", "mariadb-dump"))):
        assert his.seawall("backup", "lis") == 0
    state = his.state("backup-lis")
    assert state["verdict"] == "pass", state["message"]
    assert his.seawall("restore", "lis", "--to", "{}_again") == 1
    assert "nothing is restored into the container lis-db" in "".join(capsys.readouterr())
    assert his.seawall("restore", "lis", "--to", tmp_path / "back") == 0
    (dump,) = (tmp_path / "back").glob("*/database.sql")
    assert "(1,'one'),\n(2,'two')" in dump.read_text()


def test_without_the_way_in_it_is_told_who_opens_it(stored: Path, tmp_path: Path, failed: Failed) -> None:
    machine = copied(stored, tmp_path)
    with served(machine):
        assert "playbooks/site.yml opens it" in failed(machine)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(["sh", "-c", "true"], id="another program"),
        pytest.param(["--user=root", NAME, "psql"], id="an option of podman's"),
        pytest.param([], id="nothing"),
        pytest.param("psql", id="no list"),
        pytest.param(["psql", 1], id="a number"),
        pytest.param(["psql", "a\0b"], id="a zero byte"),
    ],
)
def test_the_door_runs_nothing_but_the_programs_that_it_is_for(way: Path, call: Any) -> None:
    assert asked(way, json.dumps(call).encode()) == str(REFUSED).encode()


def test_the_door_wants_three_streams_and_a_whole_call(way: Path) -> None:
    call = json.dumps(["psql", "--version"]).encode()
    assert asked(way, call) == b"0"
    for streams in (0, 1, 2, 4):
        assert asked(way, call, streams) == str(REFUSED).encode()
    assert asked(way, b"[" * 100_000) == str(REFUSED).encode()
    assert asked(way, json.dumps(["psql", "x" * 140_000]).encode()) == str(REFUSED).encode()
    assert understood(call, ["psql"]) == (["psql", "--version"], "")


def test_the_words_of_a_call_are_never_podman_s_own(way: Path) -> None:
    words = entering(PLACE, ["psql", "--privileged", "--version"])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "psql" in done.stderr


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_runs_in_the_container_ends_with_its_caller(engine: Podman, way: Path, end: signal.Signals) -> None:
    words = entering(PLACE, ["psql", "-XAtq", "-U", "seawall_dump", "-d", "his"])
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
        assert session.stdin
        assert session.stdout
        session.stdin.write(b"begin; select 1;\n")
        session.stdin.flush()
        assert session.stdout.readline() == b"1\n"
        assert engine.psql(SESSIONS) == "1"
        session.send_signal(end)
        session.wait(20)
        engine.wait(NAME, GONE)


def test_it_is_drilled_as_any_other_database(his: Machine) -> None:
    bare_tree(his.root / "var/lib/seawall/trees/bookworm")
    for ending in ("url", "password"):
        folder = his.root / "etc/seawall/credentials"
        shutil.copy(folder / f"primary.{ending}", folder / f"his1-primary.{ending}")
    policy = own_policy.read()
    asset = replace(policy.assets["his"], drill=Drill("drill1", Duration(60), "database", database.Options()))

    def drill(sabotage: str = "") -> dict[str, Verdict]:
        found = drilled(policy, "his", Drilled("his1", asset), DrillOptions(seed=1, sabotage=sabotage))
        assert isinstance(found.facts, DrillFacts), found.message
        return {rung.name: rung.verdict for rung in found.facts.rungs}

    good = drill()
    assert good["content"] is Verdict.PASS
    assert {*good.values()} == {Verdict.PASS}
    assert drill("table_dropped")["structure"] is Verdict.FAIL
