"""A restored PostgreSQL database in the place of the live one: all or nothing, whatever holds it or kills it."""

import multiprocessing
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from throwaway_postgresql import AS_POSTGRES, ONLY_ROOT, Cluster

from ops.core.errors import Unavailable, UsageError
from ops.sources.postgresql.nature import MARK
from ops.sources.postgresql.restore import RestoreTarget
from ops.sources.postgresql.sql import identifier, literal

pytestmark = ONLY_ROOT


@pytest.fixture
def pair(server: Cluster) -> Iterator[Cluster]:
    """A live database and a loaded one, each with a word that says which it is."""
    made(server, "his", "old")
    made(server, "his_restoring", "new")
    server.psql("alter database his connection limit 7")
    server.psql(f"comment on database his_restoring is {literal(MARK)}")
    yield server
    cleaned(server)


def made(server: Cluster, name: str, word: str) -> None:
    server.psql(f"create database {identifier(name)}")
    server.psql(f"create table said as select '{word}' as word", name)


def cleaned(server: Cluster) -> None:
    for name in server.databases():
        if name not in ("postgres", "template0", "template1"):
            server.psql(f"drop database {identifier(name)} with (force)")


def word_of(server: Cluster, name: str) -> str:
    return server.psql("select word from said", name)


def exchange(server: Cluster, loaded: str = "his_restoring", live: str = "his") -> str:
    return RestoreTarget(server.socket, 5432).replace(loaded, live)


@contextmanager
def connected(server: Cluster, sql: str, database: str = "his") -> Iterator[subprocess.Popen[str]]:
    """Somebody who is connected and has run some SQL, for as long as the block lasts or the server lets them."""
    words = [*AS_POSTGRES, "psql", "-XAtq", f"--host={server.socket}", "-d", database]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd="/") as session:
        assert session.stdin
        assert session.stdout
        session.stdin.write(f"{sql};\nselect 'ready';\n")
        session.stdin.flush()
        assert session.stdout.readline() == "ready\n"
        try:
            yield session
        finally:
            session.kill()


def as_it_was(server: Cluster) -> bool:
    there = server.databases()
    return there["his"][:2] == (True, 7) and there["his_restoring"][2] == MARK and word_of(server, "his") == "old"


def remedy(error: Unavailable) -> list[str]:
    """Return the words of the program that an error tells to run, as a shell takes them."""
    return shlex.split(error.hint[error.hint.index("psql ") : error.hint.rindex("; then run")])


def test_the_restored_one_takes_the_place_and_the_old_one_is_kept_as_it_was(pair: Cluster) -> None:
    with connected(pair, "begin; lock table said in share mode"), connected(pair, "begin", "his_restoring"):
        said = exchange(pair)
    (kept,) = [name for name in pair.databases() if name.startswith("his_before_")]
    assert said == f"the database his is now the restored one; the previous one is kept as {kept}"
    assert (word_of(pair, "his"), word_of(pair, kept)) == ("new", "old")
    assert pair.databases()["his"] == pair.databases()[kept] == (True, 7, "")
    assert "his_restoring" not in pair.databases()


def test_without_a_live_one_it_takes_the_name(pair: Cluster) -> None:
    pair.psql("drop database his")
    assert exchange(pair) == "the database his did not exist; it is now the restored one"
    assert word_of(pair, "his") == "new"


def test_a_prepared_transaction_is_named_with_its_remedy(pair: Cluster) -> None:
    pair.psql("begin; insert into said values ('x'); prepare transaction 'stuck'", "his")
    with pytest.raises(
        Unavailable, match="is as it was: 1 prepared transaction holds it: 'stuck' of postgres"
    ) as error:
        exchange(pair)
    assert remedy(error.value) == ["psql", "-d", "his", "-c", "rollback prepared 'stuck'"]
    assert as_it_was(pair)
    pair.psql("rollback prepared 'stuck'", "his")
    exchange(pair)
    assert word_of(pair, "his") == "new"


def test_whoever_names_a_prepared_transaction_has_nobody_run_a_program(pair: Cluster) -> None:
    gid = """x'"; $(touch /run/owned) `id` #"""
    named = gid.replace("'", "''")
    pair.psql(f"begin; insert into said values ('x'); prepare transaction '{named}'", "his")
    with pytest.raises(Unavailable) as error:
        exchange(pair)
    assert remedy(error.value) == ["psql", "-d", "his", "-c", f"rollback prepared '{named}'"]
    pair.psql(remedy(error.value)[-1], "his")


def test_a_lock_on_the_database_is_named_and_nobody_is_thrown_out_for_it(
    pair: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.sources.postgresql.swap._LOCK", "200ms")
    pair.psql("create role keeper superuser login")
    holding = "set role keeper; begin; comment on database his is 'x'"
    with connected(pair, "begin") as user, connected(pair, holding, "postgres"):
        with pytest.raises(Unavailable, match=r"his is held by client backend \d+ of postgres \(psql\)"):
            exchange(pair)
        assert user.poll() is None
        assert user.stdin
        assert user.stdout
        user.stdin.write("select 'still here';\n")
        user.stdin.flush()
        assert user.stdout.readline() == "still here\n"
    assert as_it_was(pair)
    pair.psql("drop role keeper")


def test_who_reconnects_at_once_does_not_stop_it(pair: Cluster) -> None:
    loop = f"while :; do psql -XAtq --host={pair.socket} -d his -c 'select pg_sleep(60)'; done"
    with subprocess.Popen(
        [*AS_POSTGRES, "sh", "-c", loop], cwd="/", stderr=subprocess.DEVNULL, start_new_session=True
    ) as busy:
        try:
            exchange(pair)
            assert word_of(pair, "his") == "new"
        finally:
            os.killpg(busy.pid, signal.SIGKILL)


def test_a_worker_of_the_server_that_reconnects_does_not_stop_it(pair: Cluster) -> None:
    pair.psql("create publication p for all tables", "his_restoring")
    pair.psql("select pg_create_logical_replication_slot('follows', 'pgoutput')", "his_restoring")
    pair.psql(
        f"create subscription follows connection 'host={pair.socket} dbname=his_restoring user=postgres' publication p"
        " with (create_slot = false, copy_data = false)",
        "his",
    )
    try:
        said = exchange(pair)
        assert "and its replication with it (subscription follows)" in said
        assert word_of(pair, "his") == "new"
    finally:
        (kept,) = [name for name in pair.databases() if name.startswith("his_before_")]
        pair.psql("alter subscription follows disable", kept)
        pair.psql("alter subscription follows set (slot_name = none); drop subscription follows", kept)
        pair.psql(
            "select pg_terminate_backend(active_pid, 10000) from pg_replication_slots where active_pid is not null"
        )
        pair.psql("select pg_drop_replication_slot('follows')")


KILLS = 10
DEADLINE = 30.0
LONG = "ä" * 31 + "z"  # 63 bytes


def test_a_name_as_long_as_names_can_be_has_room_for_the_old_one(server: Cluster) -> None:
    made(server, LONG, "old")
    made(server, "his_restoring", "new")
    exchange(server, live=LONG)
    (kept,) = [name for name in server.databases() if "_before_" in name]
    assert (word_of(server, LONG), word_of(server, kept)) == ("new", "old")
    cleaned(server)


def test_the_database_postgres_itself_can_be_replaced(server: Cluster) -> None:
    server.psql("create table said as select 'old' as word")
    made(server, "postgres_restoring", "new")
    exchange(server, "postgres_restoring", "postgres")
    assert word_of(server, "postgres") == "new"
    (kept,) = [name for name in server.databases() if "_before_" in name]
    server.psql("drop table said")
    server.psql(f"drop database {kept}")


@pytest.mark.parametrize("name", [" ", "n" * 64, "ä" * 32])
def test_a_name_that_the_server_would_cut_off_is_refused(server: Cluster, name: str) -> None:
    with pytest.raises(UsageError, match="not a valid database name"):
        RestoreTarget(server.socket, 5432).demand(name, None)  # type: ignore[arg-type] -- the name is judged first


def settled(server: Cluster) -> None:
    """Wait until what a killed act left behind in the server has ended."""
    query = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
    deadline = time.monotonic() + DEADLINE
    while server.psql(query) != "0":
        assert time.monotonic() < deadline, "sessions are left"


def killed_after(server: Cluster, seconds: float) -> float:
    """Begin an exchange in a process of its own and kill it after so long; return how long it ran."""
    begun = time.monotonic()
    act = multiprocessing.get_context("fork").Process(target=exchange, args=[server])
    act.start()
    act.join(seconds)
    act.kill()
    act.join()
    settled(server)
    return time.monotonic() - begun


def test_killed_at_any_moment_the_live_one_is_the_old_or_the_new(pair: Cluster) -> None:
    whole = killed_after(pair, DEADLINE)
    assert word_of(pair, "his") == "new"
    live = "new"
    for turn in range(KILLS):
        if "his_restoring" not in pair.databases():
            made(pair, "his_restoring", f"restored in turn {turn}")
            pair.psql(f"comment on database his_restoring is {literal(MARK)}")
        before, brought = pair.databases(), word_of(pair, "his_restoring")
        killed_after(pair, whole * turn / KILLS)
        there = pair.databases()
        assert there["his"][:2] == (True, 7), turn
        if "his_restoring" in there:
            assert (there, word_of(pair, "his")) == (before, live), turn
        else:
            (kept,) = {*there} - {*before}
            assert (word_of(pair, "his"), word_of(pair, kept)) == (brought, live), turn
            live = brought
    if "his_restoring" in pair.databases():
        exchange(pair)
    assert word_of(pair, "his") == brought
