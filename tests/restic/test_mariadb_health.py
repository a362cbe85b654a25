"""The check of a MariaDB server, on real ones: one alone, and one that replicates another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import pytest
from throwaway_mariadb import HERE, MariaDB, mariadb
from throwaway_postgresql import ONLY_ROOT

from ops.core.errors import Unavailable
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.mariadb_server import KIND, Options
from ops.interfaces.check import CheckContext
from ops.jobs.health.findings import join

pytestmark = [ONLY_ROOT, pytest.mark.skipif(not HERE, reason="there is no MariaDB to run")]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
PATIENCE = 60.0
VIEWS = """
create database his; use his;
create table patients (id int, ward int); create table wards (id int, bed int);
create function f() returns int deterministic return 1;
create view by_ward as select ward, count(*) n from patients group by ward;
create view by_function as select f() one;
create sql security invoker view by_caller as select f() one;
create view `in ''quotes` as select 'it''s \\\\ here' words;
create view beds as select bed from wards;
create user gone@localhost; grant select on his.* to gone@localhost;
create definer=gone@localhost view orphan as select id from patients;
"""


def look(server: MariaDB | str, notes: dict[str, Any] | None = None, hours: float = 0, **options: Any) -> Finding:
    socket = server if isinstance(server, str) else server.socket
    context = CheckContext(NOW + timedelta(hours=hours), {}, notes={} if notes is None else notes)
    return join(list(KIND.probe(Options(socket=AbsolutePath(socket), **options), context)))


def awaited(condition: Callable[[], Finding], verdict: Verdict) -> Finding:
    """Return what is seen as soon as it has a verdict."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = condition()
        if seen.verdict is verdict:
            return seen
        assert time.monotonic() < deadline, seen


def hold(server: MariaDB, count: int) -> Verdict:
    """Return the verdict while so many further connections are held."""
    words = ["mariadb", "--no-defaults", f"--socket={server.socket}", "--user=root", "--unbuffered", "-N"]
    with ExitStack() as held:
        for _ in range(count):
            one = held.enter_context(Popen(words, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True))
            assert one.stdin and one.stdout
            one.stdin.write("select 'held';\n")
            one.stdin.flush()
            assert one.stdout.readline() == "held\n"
            held.callback(one.stdin.close)
        return look(server).verdict


def test_a_real_server_is_judged_and_one_that_is_down_fails() -> None:
    with mariadb("max-connections=20") as server:
        notes: dict[str, Any] = {}
        server.sql(VIEWS)
        healthy = look(server, notes)
        assert (healthy.verdict, healthy.figures["broken_views"]) == (Verdict.PASS, 0.0), healthy.message
        server.sql("drop table his.wards; drop user gone@localhost")
        assert look(server, notes, 0.9).verdict is Verdict.PASS, "views are looked at once an hour"
        broken = look(server, notes, 1.1)
        assert (broken.verdict, broken.message) == (Verdict.WARN, "2 broken views: his.beds, his.orphan")
        server.sql("create table his.wards (bed int); create user gone@localhost")
        assert look(server, notes, 2.2).verdict is Verdict.PASS
        assert [hold(server, count).value for count in (12, 15, 18, 20)] == ["pass", "warn", "fail", "fail"]
        server.sql("revoke slave monitor on *.* from seawall@localhost")
        with pytest.raises(Unavailable, match="may not ask about replication"):
            look(server)
        socket = server.socket
    assert not Path(socket).exists()
    stopped = look(socket)
    assert (stopped.verdict, stopped.message[:18]) == (Verdict.FAIL, "the server is down")


@pytest.fixture
def replicated() -> Iterator[tuple[MariaDB, MariaDB]]:
    """A server and one that replicates it."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    network = ("skip-networking=0", "bind-address=127.0.0.1", f"port={port}")
    with mariadb(*network, "log-bin", "server-id=1") as first, mariadb("server-id=2") as second:
        first.sql("reset master; create user copier@'127.0.0.1' identified by 'throwaway';"
                  " grant replication slave on *.* to copier@'127.0.0.1'; create database his;"
                  " create table his.results (id int)")  # fmt: skip
        second.sql(f"change master to master_host='127.0.0.1', master_port={port}, master_user='copier',"
                   " master_password='throwaway', master_use_gtid=slave_pos; start slave")  # fmt: skip
        yield first, second


def test_a_real_replica_is_judged_by_its_threads_and_its_lag(replicated: tuple[MariaDB, MariaDB]) -> None:
    first, second = replicated
    well = awaited(lambda: look(second), Verdict.PASS)
    assert well.figures["lag_seconds"] == 0
    second.sql("stop slave sql_thread")
    stopped = awaited(lambda: look(second), Verdict.FAIL)
    assert stopped.message == "replication stands still: no SQL thread"
    assert look(first).verdict is Verdict.PASS
    second.sql("start slave sql_thread")
    awaited(lambda: look(second), Verdict.PASS)
    with Popen(["mariadb", "--no-defaults", f"--socket={second.socket}", "--user=root", "--unbuffered", "-N"],
               stdin=PIPE, stdout=PIPE, text=True) as holding:  # fmt: skip
        assert holding.stdin and holding.stdout
        holding.stdin.write("lock tables his.results write;\nselect 'held';\n")
        holding.stdin.flush()
        assert holding.stdout.readline() == "held\n"
        first.sql("insert into his.results values (2)")  # which waits for the lock on the replica
        late = awaited(lambda: look(second, lag_warn_above=Duration(1)), Verdict.WARN)
        assert "behind" in late.message
        limits = {"lag_warn_above": Duration(1), "lag_fail_above": Duration(1)}
        assert awaited(lambda: look(second, **limits), Verdict.FAIL).figures["lag_seconds"] > 1
        holding.stdin.close()
    awaited(lambda: look(second), Verdict.PASS)
    second.sql("insert into his.results values (9); alter table his.results add unique (id)")
    first.sql("insert into his.results values (9)")
    broken = awaited(lambda: look(second), Verdict.FAIL)
    assert "no SQL thread (error 1062)" in broken.message
