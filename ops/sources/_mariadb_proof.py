"""Loading a MariaDB dump into a throwaway server, and proving any loaded database against its manifest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, Unavailable
from ops.core.verdict import Finding, Verdict, judged
from ops.sources import Engine, Server
from ops.sources._mariadb_accounts import USERS
from ops.sources._mariadb_facts import counters, rows, structure, tables
from ops.sources._mariadb_session import DAY, LARGEST, LOADING, Session, name, program, release, talking
from ops.sources._rungs import added, defined_alike, differing, number, present, total

DUMP = "database.sql"
END = "-- Dump completed"
# The socket is in the environment of the server that a program runs beside.
_ROOT = program("mariadb", "", "root")
_READ = ("sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh")


def load(server: Server, material: Path, manifest: Mapping[str, Any]) -> str:
    """Load the accounts and the dump into a fresh server; return the database's name."""
    whole(server.run(["tail", "-c", "200", str(material / DUMP)], 60))
    database = str(manifest["database"])
    with beside(server) as session:
        demand_release(session, manifest)
        session.tell(creation(database, manifest))
    # Rights on single tables can be given only when these are there; an account that is there stays as it is.
    _accounts(server, material / USERS)
    server.run([*_READ, str(material / DUMP), *_ROOT, *LOADING, f"--database={database}"], DAY)
    _accounts(server, material / USERS)
    return database


def _accounts(server: Server, users: Path) -> None:
    """Load what can be loaded of the accounts; whether all are there is proved after."""
    server.run([_READ[0], _READ[1], '"$@" || :', "sh", *_READ, str(users), *_ROOT, *LOADING, "--force"], 600)


def whole(end: str) -> None:
    """Raise Damaged unless a dump ends as mariadb-dump ends it; the client would load what there is and be content."""
    if not (end.rstrip().splitlines() or [""])[-1].startswith(END):
        raise Damaged("the dump was cut off: its last line does not say that it is complete")


def creation(database: str, manifest: Mapping[str, Any], comment: str = "") -> str:
    """Return the statement that makes an empty database as the manifest has it."""
    words = [str(manifest["charset"]), str(manifest["collation"])]
    if not all(re.fullmatch(r"[A-Za-z0-9_]+", word) for word in words):
        raise Damaged("the manifest's character set or collation is none")
    return f"create database {name(database)} character set {words[0]} collate {words[1]}{comment}"


def demand_release(session: Session, manifest: Mapping[str, Any]) -> None:
    """Raise Unavailable when the server is older than the one whose data these are."""
    found = release(session.one("select json_quote(version())"))
    wanted = tuple(int(number) for number in str(manifest["release"]).split("."))
    if found < wanted:
        raise Unavailable(
            f"the server is MariaDB {found[0]}.{found[1]}, and the data are of {manifest['release']}",
            "an older server can't be trusted to load them; use one of that release or a newer one",
        )


def prove(server: Server, database: str, manifest: Mapping[str, Any]) -> Sequence[tuple[str, Finding]]:
    """Compare a loaded database with its manifest, rung by rung."""
    with beside(server, database) as session:
        same = release(session.one("select json_quote(version())")) == release(str(manifest["server_version"]))
        only = set(manifest.get("only", ()))
        if only:
            return [("volume", _some(manifest, rows(session.ask, tables(session.ask)), only))]
        accounts = session.ask("select json_quote(concat(user, '@', host)) from mysql.user")
        found, there, now = structure(session.ask, database), tables(session.ask), counters(session.ask)
        counted = rows(session.ask, there)
    return [
        ("structure", defined_alike(manifest["structure"], found, same=same)),
        ("users", present("accounts", manifest["users"], accounts)),
        ("volume", prove_volume(manifest, counted)),
        ("sequences", judged(_behind(manifest, now), "all sequences and AUTO_INCREMENT values are where they were")),
    ]


def prove_volume(manifest: Mapping[str, Any], there: Mapping[str, int]) -> Finding:
    wanted: Mapping[str, int] = manifest["rows"]
    near = {table for table in manifest.get("approximate", ()) if table in wanted}
    nearly = f"; {len(near)} of them were counted nearly, and not compared" if near else ""
    return judged([*differing(wanted, there, near), *added(wanted, there)], f"{total(wanted)}{nearly}")


def _some(manifest: Mapping[str, Any], there: Mapping[str, int], only: Collection[str]) -> Finding:
    """Compare the tables that alone were restored."""
    wanted = {table: count for table, count in manifest["rows"].items() if table in only}
    return prove_volume({**manifest, "rows": wanted}, there)


def _behind(manifest: Mapping[str, Any], now: Mapping[str, Mapping[str, int]]) -> list[str]:
    return [
        f"{one} is at {now[sort].get(one, 'nothing')}, was at {value}"
        for sort in ("sequences", "auto_increment")
        for one, value in manifest[sort].items()
        if now[sort].get(one, -1) < value
    ]


def check(folder: Path, facts: Mapping[str, Any], _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare the dump's size with the manifest, and look whether its end is there."""
    dump = folder / DUMP
    size = dump.stat().st_size if dump.exists() else 0
    if size != facts["dump_bytes"]:
        return [("archive", judged([f"{DUMP} has {size} bytes, had {facts['dump_bytes']}"], ""))]
    with dump.open("rb") as file:
        file.seek(max(0, size - 200))
        end = file.read().decode("utf-8", "replace")
    try:
        whole(end)
    except Damaged as error:
        return [("archive", Finding(Verdict.FAIL, error.message))]
    return [("archive", Finding(Verdict.PASS, f"{DUMP} is whole"))]


def answer(server: Server, database: str, sql: str) -> float:
    """Return the one number that a query of the policy answers; raise SeawallError."""
    with beside(server, database) as session:
        session.tell("set session sql_mode = default")  # as the application's own queries find it
        lines = session.tell(sql.strip().rstrip(";"))
    return number(lines)


@contextmanager
def beside(server: Server, database: str = "") -> Iterator[Session]:
    """Talk with a server as its root, reading unless something is made."""
    with server.talk(talking(_ROOT, database), DAY) as client:
        session = Session(client, "")
        if database:
            session.tell("set session transaction read only")
        yield session


ENGINE = Engine(
    user="daemon",  # mysql has no home in the tree, and systemd-nspawn demands one
    initialise=(
        "mariadb-install-db",
        *("--no-defaults", "--datadir=/mnt/data", "--auth-root-authentication-method=normal", "--skip-test-db"),
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-use-native-aio=0"),
    ),
    start=(
        "mariadbd",
        *("--no-defaults", "--datadir=/mnt/data", "--socket=/mnt/socket/mysqld.sock", "--pid-file=/mnt/socket/pid"),
        *("--skip-networking", "--event-scheduler=OFF", "--skip-log-bin", "--local-infile=0", LARGEST),
        *("--innodb-buffer-pool-size=256M", "--innodb-use-native-aio=0", "--tmpdir=/mnt/data"),
        # What is thrown away need not survive a power cut.
        *("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-frm=0"),
    ),
    environment={"MYSQL_UNIX_PORT": "/mnt/socket/mysqld.sock"},
    ready=("mariadb", "--no-defaults", "--user=root", "--execute=select 1"),
)
