"""The check of a PostgreSQL server, on a real one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from throwaway_postgresql import AS_POSTGRES, ONLY_ROOT, PROGRAMS, Cluster, cluster

from ops.core.errors import Unavailable
from ops.core.names import AbsolutePath
from ops.core.run import run, talk
from ops.core.verdict import Finding, Verdict
from ops.health.postgresql_server import KIND, Options
from ops.interfaces.check import CheckContext

pytestmark = ONLY_ROOT
AROUND = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})


def look(socket: str) -> Finding:
    (finding,) = KIND.probe(Options(socket=AbsolutePath(socket)), AROUND)
    return finding


def hold(server: Cluster, count: int) -> str:
    """Return the verdict while so many further connections are held."""
    names = [f"c{number}" for number in range(count)]
    connect = "".join(f"select dblink_connect('{name}', 'dbname=postgres host={server.socket}');" for name in names)
    words = [*AS_POSTGRES, "psql", "-XAtq", f"--host={server.socket}", "-d", "postgres"]
    with talk(words, timeout=60, most=1 << 16) as session:
        session.write(f"{connect}\n\\echo held\n")
        session.until("held", 30)
        verdict = look(server.socket).verdict.value
        session.write("\\q\n")
    return verdict


def test_a_real_server_is_judged_and_one_that_is_down_fails() -> None:
    with cluster("max_connections=20") as server:
        with pytest.raises(Unavailable, match="seawall_dump"):
            look(server.socket)
        server.psql("create role seawall_dump login in role pg_read_all_data; create extension dblink")
        finding = look(server.socket)
        assert finding.verdict is Verdict.PASS
        assert finding.figures["connections_percent"] == pytest.approx(100 / 17, abs=0.1)
        assert 0 <= finding.figures["age_percent"] < 1
        assert [hold(server, count) for count in (10, 12, 15)] == ["pass", "warn", "fail"]
        socket = server.socket
        run([*AS_POSTGRES, str(PROGRAMS / "pg_ctl"), "-D", f"{socket}/data", "-m", "fast", "stop"], timeout=60)
        stopped = look(socket)
        assert stopped.verdict is Verdict.FAIL
        assert "is down" in stopped.message
        run([*AS_POSTGRES, str(PROGRAMS / "pg_ctl"), "-D", f"{socket}/data", "-l", "/dev/null", "-o",
             f"-c listen_addresses= -c unix_socket_directories={socket}", "-w", "start"], timeout=60)  # fmt: skip
    assert not Path(socket).exists()
