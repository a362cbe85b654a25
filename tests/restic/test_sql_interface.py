"""An interface that is asked in SQL, on real servers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from throwaway_mariadb import HERE, mariadb
from throwaway_postgresql import ONLY_ROOT, cluster

from ops.core.errors import Unavailable
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.interface import KIND, Options
from ops.interfaces.check import CheckContext

pytestmark = ONLY_ROOT
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "throwaway"
ALONE = "127.54.32.1"  # at which nobody else listens


def look(**options: Any) -> Finding:
    (finding,) = KIND.probe(Options(user="asker", **options), CheckContext(NOW, {}))
    return finding


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def secret(folder: Path, text: str) -> Path:
    file = folder / "secret"
    file.write_text(text)
    file.chmod(0o600)
    return file


def judged(asked: dict[str, Any], writes: str, slow: str) -> None:
    """Demand that answers are judged, and that a query can neither write nor last."""
    assert look(**asked, query="select count(*) from wards", contains="3").verdict is Verdict.PASS
    said = {
        "lacks the text": look(**asked, query="select count(*) from wards", contains="4"),
        "has no answer": look(**asked, query="select * from wards where false"),
        "does not answer the query": look(**asked, query="select * from nothing_there"),
        "read": look(**asked, query=writes),  # and no more
        "answer": look(**asked, query=slow, timeout=Duration(1), slow_after=Duration(1)),
    }
    for words, finding in said.items():
        assert finding.verdict is Verdict.UNKNOWN
        assert words in finding.message.lower()
        assert SECRET not in finding.message
    assert look(**{**asked, "port": 1}, query="select 1").verdict is Verdict.UNKNOWN


def test_a_real_postgresql_is_asked(tmp_path: Path) -> None:
    with cluster(f"listen_addresses={ALONE}") as server:
        server.psql("create table wards as select generate_series(1, 3)")
        server.psql(f"create role asker login password '{SECRET}' in role pg_read_all_data, pg_write_all_data")
        file = secret(tmp_path, f"{ALONE}:5432:*:asker:{SECRET}\n")
        asked = {
            "speaks": "postgresql",
            "host": ALONE,
            "port": 5432,
            "database": "postgres",
            "secret_file": AbsolutePath(str(file)),
        }
        judged(asked, "delete from wards", "select pg_sleep(30)")


@pytest.mark.skipif(not HERE, reason="there is no MariaDB to run")
def test_a_real_mariadb_is_asked(tmp_path: Path) -> None:
    port = free_port()
    with mariadb("skip-networking=0", "bind-address=127.0.0.1", f"port={port}") as server:
        server.sql("create database his; create table his.wards (id int); insert into his.wards values (1), (2), (3)")
        server.sql(f"create user asker@'127.0.0.1' identified by '{SECRET}'; grant all on his.* to asker@'127.0.0.1'")
        file = secret(tmp_path, f"[client]\npassword={SECRET}\n")
        asked = {"speaks": "mariadb", "port": port, "database": "his", "secret_file": AbsolutePath(str(file))}
        judged(asked, "delete from wards", "select sleep(30)")


def test_without_a_client_nothing_is_said_of_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="is not installed here"):
        look(speaks="postgresql", query="select 1")
