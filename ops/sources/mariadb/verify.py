"""Loading a MariaDB dump into a throwaway server, and proving any loaded database against its manifest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, Unavailable
from ops.core.verdict import Finding, Verdict, judged, not_configured
from ops.interfaces.source import Engine, Server
from ops.sources._shared.comparison import added, defined_alike, differing, number, present, total
from ops.sources._shared.local_server import Local
from ops.sources.mariadb.accounts import USERS
from ops.sources.mariadb.facts import Ask, counters, rights, rows, structure, tables
from ops.sources.mariadb.rows import changed, counted
from ops.sources.mariadb.session import DAY, LARGEST, LOADING, Session, name, program, release, talking

DUMP = "database.sql"
END = "-- Dump completed"
# The socket is in the environment of the server that a program runs beside.
_ROOT = program("mariadb", "", "root")
_READ = ("sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh")


def load(server: Server, material: Path, manifest: Mapping[str, Any]) -> str:
    """Load the accounts and the dump into a fresh server; return the database's name."""
    size = int(server.run(["stat", "--format=%s", str(material / DUMP)], 60))
    if size != manifest["dump_bytes"]:
        raise Damaged(f"the dump has {size} bytes, had {manifest['dump_bytes']}")
    whole(server.run(["tail", "-c", "200", str(material / DUMP)], 60))
    database = str(manifest["database"])
    with beside(server) as session:
        demand_release(session, manifest)
        session.tell(creation(database, manifest))
    # Rights on single tables can be given only when these are there; an account that is there stays as it is.
    _accounts(server, material / USERS)
    server.run(read_by_root(material / DUMP, database), DAY)
    _accounts(server, material / USERS)
    return database


def read_by_root(dump: Path, database: str) -> list[str]:
    """Return the program that loads a dump into a database that is there."""
    return [*_READ, str(dump), *_ROOT, *LOADING, f"--database={database}"]


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


def prove(server: Server, database: str, manifest: Mapping[str, Any]) -> Iterator[tuple[str, Finding]]:
    """Compare a loaded database with its manifest, rung by rung."""
    with beside(server, database) as session:
        ask = session.ask
        there = tables(ask)
        if only := set(manifest.get("only", ())):
            yield "volume", _some(manifest, rows(ask, there), only)
            return
        same = release(session.one("select json_quote(version())")) == release(str(manifest["server_version"]))
        yield "structure", defined_alike(manifest["structure"], structure(ask, database), same=same)
        yield "users", _users(ask, manifest, rights_too=same and not isinstance(server, Local))
        found = counted(ask, there, manifest.get("content", {}))
        yield "volume", prove_volume(manifest, found["rows"])
        yield "content", _content(manifest, found, same=same)
        behind = _behind(manifest, counters(ask))
        yield "sequences", judged(behind, "all sequences and AUTO_INCREMENT values are where they were")
        yield "integrity", sound(session, there)


def _users(ask: Ask, manifest: Mapping[str, Any], *, rights_too: bool) -> Finding:
    """Demand all accounts; on a server that was made for the proof, also that they may do what they could."""
    accounts = ask("select json_quote(concat(user, '@', host)) from mysql.user")
    there = present("accounts", manifest["users"], accounts)
    if there.verdict is not Verdict.PASS or not rights_too or "rights" not in manifest:
        return there
    given = defined_alike({"right": manifest["rights"]}, {"right": rights(ask, manifest["users"])})
    return given if given.verdict is not Verdict.PASS else there


def sound(session: Session, there: Mapping[str, Mapping[str, Any]]) -> Finding:
    """Let the server look into every table and its indexes."""
    wrong, unseen = [], []
    for table in there:
        for line in session.tell(f"check table {name(table)} extended"):
            *_, kind, words = line.split("\t")
            if kind.lower() in {"error", "warning"}:
                wrong.append(f"{table}: {words}")
            elif kind.lower() == "note":
                unseen.append(table)
    if not wrong and len(unseen) == len(there):
        return not_configured("no table is of an engine that can look into itself")
    return judged(wrong, f"{len(there) - len(unseen)} tables are sound")


def _content(manifest: Mapping[str, Any], found: Mapping[str, Any], *, same: bool) -> Finding:
    if "content" not in manifest:
        return not_configured("the set was made before rows were digested")
    if not same:
        return not_configured("the release differs, and may write the same rows in other words")
    sliced = sum("slices" in told for told in manifest["content"].values())
    part = f"; of {sliced} large ones a slice" if sliced else ""
    good = f"the rows of {len(manifest['content'])} tables are those of the manifest{part}"
    return judged(changed(manifest, found), good)


def prove_volume(manifest: Mapping[str, Any], there: Mapping[str, int]) -> Finding:
    """Compare how many rows each table has with the manifest; tables that were counted approximately are left out."""
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
    with talk(server, database) as session:
        if database:
            session.tell("set session transaction read only")
        yield session


@contextmanager
def talk(server: Server, database: str) -> Iterator[Session]:
    """Talk with a server as its root."""
    with server.talk(talking(_ROOT, database), DAY) as client:
        yield Session(client, "")


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
