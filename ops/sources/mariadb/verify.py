"""Loading a MariaDB dump into a throwaway server, and proving any loaded database against its manifest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ops.core.confidential import fit
from ops.core.errors import Damaged, Unavailable
from ops.core.verdict import Finding, Verdict, judged, not_configured
from ops.interfaces.server import CATALOGUE_SECONDS, POLICY_SECONDS, TABLE_SECONDS, DatabaseServer, Engine, Server
from ops.sources._shared.comparison import added, defined_alike, differing, number, present, total
from ops.sources._shared.local_server import Local
from ops.sources._shared.row_slices import Counted
from ops.sources.mariadb.accounts import USERS
from ops.sources.mariadb.facts import Ask, Counters, MariaDBFacts, counters, events, rights, rows, tables
from ops.sources.mariadb.rows import Table, changed, counted
from ops.sources.mariadb.session import DAY, LARGEST, LOADING, Session, name, program, release, talking
from ops.sources.mariadb.structure import FORM, known_by_name, structure

DUMP = "database.sql"
# Its tables are checked by themselves; the server does not look at it for somebody who only reads.
_MERGED = "MRG_MyISAM"
END = "-- Dump completed"
# The socket is in the environment of the server that a program runs beside.
_ROOT = program("mariadb", "", "root")
_READ = ("sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh")


def load(server: Server, material: Path, facts: MariaDBFacts) -> str:
    """Load the accounts and the dump into a fresh server; return the database's name."""
    size = int(server.run(["stat", "--format=%s", str(material / DUMP)], 60))
    if size != facts.dump_bytes:
        raise Damaged(f"the dump has {size} bytes, but had {facts.dump_bytes}")
    whole(server.run(["tail", "-c", "200", str(material / DUMP)], 60))
    database = facts.database
    with beside(server) as session:
        demand_release(session, facts)
        session.tell(creation(database, facts))
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
        raise Damaged("the dump is truncated: its last line is not the completion mark")


def creation(database: str, facts: MariaDBFacts, comment: str = "") -> str:
    """Return the statement that makes an empty database as the manifest has it."""
    words = [facts.charset, facts.collation]
    if not all(re.fullmatch(r"[A-Za-z0-9_]+", word) for word in words):
        raise Damaged("the manifest's character set or collation is not valid")
    return f"create database {name(database)} character set {words[0]} collate {words[1]}{comment}"


def demand_release(session: Session, facts: MariaDBFacts) -> None:
    """Raise Unavailable when the server is older than the one whose data these are."""
    found = release(session.one("select json_quote(version())"))
    wanted = tuple(int(number) for number in facts.release.split("."))
    if found < wanted:
        raise Unavailable(
            f"the server is MariaDB {found[0]}.{found[1]}, but the data are from {facts.release}",
            "an older server may load them incorrectly; use one of that release or newer",
        )


def prove(
    server: Server, database: str, facts: MariaDBFacts, only: Sequence[str] = ()
) -> Iterator[tuple[str, Finding]]:
    """Compare a loaded database with its manifest, rung by rung; `only`: these tables alone were loaded."""
    with beside(server, database) as session:
        ask = session.ask
        there = tables(ask)
        if only:
            session.patience = TABLE_SECONDS
            yield "volume", prove_some(facts, rows(ask, there), only)
            return
        same = release(session.one("select json_quote(version())")) == release(facts.server_version)
        thrown_away = not isinstance(server, Local)
        yield "structure", _structure(session, database, facts, same=same, awake=thrown_away)
        yield "users", _users(ask, facts, rights_too=same and thrown_away, alone=thrown_away)
        session.patience = TABLE_SECONDS
        found = counted(ask, there, facts.content or {})
        yield "volume", prove_volume(facts, found.rows)
        yield "content", _content(facts, found, same=same)
        behind = _behind(facts, counters(ask))
        yield "sequences", judged(behind, "all sequences and AUTO_INCREMENT values are as in the manifest")
        yield "integrity", _with_refused(sound(session, there), facts)


def _structure(session: Session, database: str, facts: MariaDBFacts, *, same: bool, awake: bool) -> Finding:
    """Compare definitions; awake: also which events are, which a restore beside live data puts to sleep."""
    found = structure(session, database)
    if facts.form != FORM:
        wanted = known_by_name(facts.structure)
        there = defined_alike(wanted, known_by_name(found))
        older = "compared by name alone, because an older Seawall made the set"
        return replace(there, message=f"{there.message}; {older}")
    there = defined_alike(facts.structure, found, same=same)
    changed = sorted(set(facts.events.items()) ^ set(events(session.ask).items())) if awake else []
    if there.verdict is not Verdict.PASS or not changed:
        return there
    return Finding(
        Verdict.FAIL, f"events are not in the state they had: {', '.join(sorted({name for name, _ in changed}))}"
    )


def _with_refused(there: Finding, facts: MariaDBFacts) -> Finding:
    """Name the checks that rows violate, as they did before."""
    named = ", ".join(f"{one} ({rows})" for one, rows in (facts.refused or {}).items())
    return replace(there, message=f"{there.message}; rows violate a CHECK, as before: {named}") if named else there


def _users(ask: Ask, facts: MariaDBFacts, *, rights_too: bool, alone: bool) -> Finding:
    """Demand the accounts; on a server made for the proof (alone) all of them, and that they may do what they could."""
    accounts = ask("select json_quote(concat(user, '@', host)) from mysql.user")
    there = present("accounts", facts.users if alone or facts.needed is None else facts.needed, accounts)
    if there.verdict is not Verdict.PASS or not rights_too or facts.rights is None:
        return there
    given = defined_alike({"right": facts.rights}, {"right": rights(ask, facts.users)})
    return given if given.verdict is not Verdict.PASS else there


def sound(session: Session, there: Mapping[str, Table]) -> Finding:
    """Let the server look into every table and its indexes."""
    wrong, unseen = [], []
    for table, about in there.items():
        if about.engine == _MERGED:
            unseen.append(table)
            continue
        for line in session.tell(f"check table {name(table)} extended"):
            _, kind, words = [*line.rsplit("\t", 2), "", ""][:3]  # of a name that holds a line end, a piece alone
            if kind.lower() in {"error", "warning"}:
                wrong.append(f"{table}: {fit('mariadb', words)}")
            elif kind.lower() == "note":
                unseen.append(table)
    if not wrong and len(unseen) == len(there):
        return not_configured("no table has an engine that can check itself")
    return judged(wrong, f"{len(there) - len(unseen)} tables passed the check")


def _content(facts: MariaDBFacts, found: Counted, *, same: bool) -> Finding:
    if facts.content is None:
        return not_configured("the set has no digests of rows")
    if not same:
        return not_configured("the release differs, and may write the same rows differently")
    sliced = sum(told.slices > 1 for told in facts.content.values())
    part = f"; a slice of {sliced} large ones" if sliced else ""
    good = f"the rows of {len(facts.content)} tables match the manifest{part}"
    return judged(changed(facts, found), good)


def prove_volume(facts: MariaDBFacts, there: Mapping[str, int]) -> Finding:
    """Compare how many rows each table has with the manifest; tables that were counted approximately are left out."""
    wanted = facts.rows
    near = {table for table in facts.approximate if table in wanted}
    nearly = f"; {len(near)} of them were counted approximately, and not compared" if near else ""
    return judged([*differing(wanted, there, near), *added(wanted, there)], f"{total(wanted)}{nearly}")


def prove_some(facts: MariaDBFacts, there: Mapping[str, int], only: Collection[str]) -> Finding:
    """Compare the tables that alone were restored."""
    wanted = {table: count for table, count in facts.rows.items() if table in only}
    if strange := [table for table in only if table not in wanted and table not in facts.sequences]:
        return Finding(Verdict.FAIL, f"the set has no table {', '.join(strange)}")
    return prove_volume(replace(facts, rows=wanted), there)


def _behind(facts: MariaDBFacts, now: Counters) -> list[str]:
    pairs = ((facts.sequences, now.sequences), (facts.auto_increment, now.auto_increment))
    return [
        f"{one} is at {found.get(one, 'nothing')}, but was at {value}"
        for wanted, found in pairs
        for one, value in wanted.items()
        if found.get(one, -1) < value
    ]


def check(folder: Path, facts: MariaDBFacts, _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare the dump's size with the manifest, and look whether its end is there."""
    dump = folder / DUMP
    size = dump.stat().st_size if dump.exists() else 0
    if size != facts.dump_bytes:
        return [("archive", judged([f"{DUMP} has {size} bytes, but had {facts.dump_bytes}"], ""))]
    with dump.open("rb") as file:
        file.seek(max(0, size - 200))
        end = file.read().decode("utf-8", "replace")
    try:
        whole(end)
    except Damaged as error:
        return [("archive", Finding(Verdict.FAIL, error.message))]
    return [("archive", Finding(Verdict.PASS, f"{DUMP} is complete"))]


def answer(server: Server, database: str, sql: str) -> float:
    """Return the one number that a query of the policy answers; raise SeawallError."""
    with beside(server, database) as session:
        session.tell("set session sql_mode = default")  # as the application's own queries find it
        session.patience = POLICY_SECONDS
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
        yield Session(client, "", patience=CATALOGUE_SECONDS)


ENGINE = Engine(
    name="MariaDB",
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

DATABASE = DatabaseServer(lambda _facts: ENGINE, load, prove, answer)
