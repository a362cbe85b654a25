"""MariaDB where it is not tidy: writers, locks, vanished databases, older programs, cut dumps, odd names."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hospital import Site
from mariadb_bench import BOTH, LIVE, SHELF, asked, at_the_bench, tried

CHECKOUT = Path(__file__).parents[2]
ODD = 'a b"c'
# What a session says when it has done what stands before.
THERE = r"\! systemd-notify --ready"
# What a name may hold, beside all that no transaction holds still.
ODD_TABLES = """
create database `a b"c` collate utf8mb4_bin; use `a b"c`;
create table `it's ``odd`` \\\\ %` (`a b` int primary key, v text) partition by hash (`a b`) partitions 3;
insert into `it's ``odd`` \\\\ %` select seq, concat('x''"\\\\\\n-- Dump completed', seq) from seq_1_to_20;
create table old (a int) with system versioning; insert into old values (1), (2); update old set a = 3 where a = 1;
create view `v w` as select count(*) c from `it's ``odd`` \\\\ %`;
create table m (a int) engine=myisam; create table aria (a int) engine=aria; insert into m values (1), (2);
create database nothing_in_it character set latin1 collate latin1_spanish_ci;
"""


@pytest.fixture(scope="module", autouse=True)
def bench(site: Site) -> Iterator[None]:
    """Databases as no vendor should make them, where the kind can be tried on them."""
    with at_the_bench(site):
        for host in LIVE:
            asked(site, host, ODD_TABLES)
        yield
        for host in LIVE:
            asked(site, host, 'drop database `a b"c`; drop database nothing_in_it')


@contextmanager
def somebody(site: Site, host: str, words: str) -> Iterator[None]:
    """Somebody else at the server for as long as the block lasts, which begins when they say that they are there."""
    unit = "-p Type=notify -p NotifyAccess=all -p TimeoutStartSec=30"
    site.on(host, f"systemd-run -q --unit=somebody --collect {unit} sh -c {shlex.quote(words)}", ok=range(1))
    try:
        yield
    finally:
        site.on(host, "systemctl stop somebody")


def held(sql: str) -> str:
    """Return the words of a session that does something, says so, and stays."""
    return f"(printf '%s\\n' '{sql};' '{THERE}'; sleep 60) | mariadb --unbuffered"


def sums(site: Site, host: str, database: str) -> list[str]:
    """Return rows and a digest of every table; CHECKSUM TABLE would not do, for it trips over virtual columns."""
    columns = "group_concat(concat('hex(`', column_name, '`)') order by ordinal_position)"
    query = f"""
set group_concat_max_len = 1000000;
select concat('select "', table_name, '", count(*), bit_xor(conv(left(sha1(concat_ws("|", ', {columns},
  ')), 15), 16, 10)) from `', table_schema, '`.`', table_name, '`;')
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_schema = '{database}' and table_type = 'BASE TABLE' group by table_name order by table_name"""
    return asked(site, host, asked(site, host, query)).splitlines()


@BOTH
def test_a_writer_all_through_the_dump_changes_nothing_in_the_set(site: Site, host: str) -> None:
    database = LIVE[host]
    write = "begin; insert into dispensed (batch_id, patient, at) values (1, 'P1', now()); commit"
    count = f"select count(*) from {database}.dispensed; select count(*) from {database}.audit"
    before, audited = map(int, asked(site, host, count).split())
    begun = f"printf '%s\\n' \"{write};\" '{THERE}'"
    with somebody(site, host, f'({begun}; while echo "{write};"; do sleep 0.002; done) | mariadb {database}'):
        for turn in range(2):
            assert "dump 0" in tried(site, host, f"take('written{turn}', database='{database}')")
        after = int(asked(site, host, count).split()[0])
    assert before + 20 < after
    said = tried(site, host, "bring('written1', 'written')", root=True)
    assert said.count("pass ") == 6, said
    found = [int(word) for word in asked(site, host, count.replace(database, "written")).split()]
    assert before < found[0] <= after
    assert found[0] - found[1] == before - audited  # a row of the trigger for each that was written
    asked(site, host, "drop database written")


@BOTH
def test_the_whole_way_through_the_jobs(site: Site, host: str) -> None:
    part = f" --part database.{LIVE[host]}" if host == "lis1" else ""
    asset, database = LIVE[host], LIVE[host]
    for words in (f"backup {asset}", f"restore {asset} --to {database}_beside{part}"):
        result = site.on(host, f"seawall {words}")
        assert result.code == 0, result.stdout + result.stderr
    assert "as in the manifest" in result.stdout
    assert sums(site, host, f"{database}_beside") == sums(site, host, database)
    asked(site, host, f"drop database {database}_beside")


def test_in_place_moves_the_old_data_aside_with_all_that_belongs_to_them(site: Site) -> None:
    host, database = "his1", LIVE["his1"]
    tried(site, host, f"take('place', database='{database}')")
    asked(site, host, f"update {database}.drugs set unit = 'UI'")
    changed = sums(site, host, database)
    said = tried(site, host, f"bring('place', '{database}_restoring', live='{database}')", root=True)
    kept = re.search(rf"kept as ({database}_before_\w+), with its events disabled", said)
    assert kept, said
    assert sums(site, host, kept[1]) == changed
    assert sums(site, host, database) != changed
    for place in (database, kept[1]):
        # A definer that is there, a trigger that fires, a routine and a view that find their tables.
        asked(site, host, f"insert into {place}.dispensed (batch_id, patient, at) values (1, 'P2', now())")
        assert int(asked(site, host, f"select {place}.doses(2) + count(*) from {place}.stock")) > 600
    states = "select event_schema, status from information_schema.events where event_schema like"
    assert dict(line.split("\t") for line in asked(site, host, f"{states} '{database}%'").splitlines()) == {
        database: "ENABLED",
        kept[1]: "DISABLED",
    }
    assert f"{database}_restoring" not in asked(site, host, "show databases")
    asked(site, host, f"drop database {kept[1]}")


@BOTH
def test_odd_names_and_tables_without_transactions(site: Site, host: str) -> None:
    said = tried(site, host, f"take('odd', database={ODD!r})")
    told = json.loads(said.splitlines()[-1])
    assert told["rows"] == 20 + 3 + 2  # with the past that a versioned table keeps
    assert told["approximate"] == ["aria", "m"]
    assert "aria (Aria), m (MyISAM)" in told["warnings"][0]
    assert "pass volume" in tried(site, host, "bring('odd', 'x `y')", root=True)
    assert asked(site, host, "select * from `x ``y`.`v w`") == "20"
    assert (
        asked(site, host, "checksum table `x ``y`.old").split()[-1]
        == asked(site, host, 'checksum table `a b"c`.old').split()[-1]
    )
    asked(site, host, "drop database `x ``y`")
    said = tried(site, host, f"take('locked', database={ODD!r}, lock_tables=True)")
    assert json.loads(said.splitlines()[-1])["warnings"] == []
    asked(site, host, 'insert into `a b"c`.m values (3)')  # nobody is kept out afterwards


def test_an_empty_database_is_valid_and_some_tables_can_be_had_alone(site: Site) -> None:
    host = "lis1"
    tried(site, host, "take('empty', database='nothing_in_it')")
    assert "0 rows in 0 tables" in tried(site, host, "bring('empty', 'nothing_again')", root=True)
    made = asked(site, host, "show create database nothing_again")
    assert "latin1_spanish_ci" in made
    asked(site, host, "drop database nothing_again")
    tried(site, host, f"take('whole', database={ODD!r})")
    assert " rows in 1 tables" in tried(site, host, "bring('whole', 'some', only=('m',))", root=True)
    assert asked(site, host, "show tables in some") == "m"
    asked(site, host, "drop database some")
    assert "no table nope; nothing was loaded" in tried(site, host, "bring('whole', 'some', only=('nope',))", root=True)
    assert asked(site, host, "show databases like 'some'") == ""


def test_a_dump_that_was_cut_off_is_not_taken_for_whole(site: Site) -> None:
    host = "his1"
    tried(site, host, f"take('cut', database={ODD!r})")
    size = int(site.on(host, f"stat -c %s {SHELF}/cut.sql", ok=range(1)).stdout)
    said = tried(site, host, f"bring('cut', 'cut', size={size - 20})", root=True)
    assert "CommandError" in said
    assert "the dump is truncated" in said
    assert "pass volume" in tried(site, host, "bring('cut', 'cut')", root=True)  # what was left makes room
    assert "already" in tried(site, host, "bring('cut', 'cut')", root=True)
    asked(site, host, "drop database cut")


def test_a_dump_whose_program_is_killed_fails_and_leaves_nobody_locked(site: Site) -> None:
    words = "['mariadb-dump', '--single-transaction']"
    body = f"from threading import Thread\nThread(target=kill, args={words}, daemon=True).start()\n"
    said = tried(site, "lis1", f"{body}take('killed', database='billing')")
    assert "mariadb-dump was killed (signal 9)" in said
    asked(site, "lis1", 'set lock_wait_timeout = 1; insert into `a b"c`.m values (4)')


def test_a_lock_that_somebody_keeps_is_waited_for_and_named(site: Site) -> None:
    with somebody(site, "lis1", held('use `a b"c`; lock tables old write')):
        said = tried(site, "lis1", f"take('waits', database={ODD!r}, lock_wait='2s')")
        assert "dump 1 MariaDB: a session has locked a table" in said
        assert "Locked MariaDB:" in said
        # It holds no lock itself.
        asked(site, "lis1", 'set lock_wait_timeout = 1; insert into `a b"c`.m values (5)')
        said = tried(site, "lis1", f"take('nearly', database={ODD!r}, lock=False, lock_wait='2s')")
        assert "dump 0" not in said  # without that lock it is the dump itself that waits, and is ended
    with somebody(site, "lis1", held('use `a b"c`; begin; insert into old values (9)')):
        assert "dump 0" in tried(site, "lis1", f"take('goes', database={ODD!r}, lock_wait='2s')")
    said = tried(site, "lis1", f"take('nearly', database={ODD!r}, lock=False)")
    assert len(json.loads(said.splitlines()[-1])["approximate"]) == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("database='billing', socket='/run/mysqld/none.sock'", "Can't connect to local server"),
        ("database='not_there'", "Unknown database 'not_there'"),
        ("database='billing', user='asks'", "Access denied for user 'asks'"),
        ("all=True, socket='/run/mysqld/none.sock'", "Can't connect to local server"),
    ],
)
def test_what_is_not_there_and_who_is_not_let_in_is_said_at_once(site: Site, options: str, words: str) -> None:
    asked(site, "lis1", "create user if not exists asks@localhost identified by 'a password nobody gives'")
    said = tried(site, "lis1", f"print(*KIND.parts(decode(Options, dict({options}), 'x')))\ntake('none', {options})")
    assert "Unavailable MariaDB: ERROR" in said
    assert words in said
    asked(site, "lis1", "drop user asks@localhost")


def test_a_database_dropped_between_listing_and_dumping_is_named(site: Site) -> None:
    asked(site, "lis1", "create database short_lived")
    body = f"""
import time
found = KIND.parts(Options(all=True))
print(*found)
Path('{SHELF}/listed').touch()
while 'short_lived' in KIND.parts(Options(all=True)):
    time.sleep(0.1)
take('short', database=found['short_lived'].database)
"""
    drop = f"until [ -e {SHELF}/listed ]; do sleep 0.05; done; mariadb -e 'drop database short_lived'"
    with somebody(site, "lis1", f"systemd-notify --ready; {drop}"):
        said = tried(site, "lis1", body)
    assert {"short_lived", "billing", "a_b_c"} <= {*said.splitlines()[0].split()}
    assert "Unknown database 'short_lived'" in said


def test_a_dump_program_older_than_the_server_is_refused(site: Site) -> None:
    tree = CHECKOUT / ".cache/trees/bookworm.tar.gz"
    copy = [*map(str, site.lab.machine("lis1").ssh_argv()), "install -D -m 755 /dev/stdin /opt/old/mariadb-dump"]
    words = ["sh", "-c", 'tar -xzOf "$1" --occurrence=1 ./usr/bin/mariadb-dump | { shift; "$@"; }', "sh", tree, *copy]
    site.local(words, timeout=300)
    try:
        said = tried(site, "lis1", "take('older', database='billing')", path="/opt/old:/usr/bin:/bin")
        assert "the server is MariaDB 11.8, but mariadb-dump is 10.11" in said
    finally:
        site.on("lis1", "rm -r /opt/old", ok=range(1))


@BOTH
def test_chinook_comes_back_table_by_table(site: Site, host: str, real_data: Path) -> None:
    tried(site, host, "take('chinook', database='Chinook')")
    assert tried(site, host, "bring('chinook', 'Chinook_again')", root=True).count("pass ") == 6
    found = sums(site, host, "Chinook_again")
    assert len(found) >= 11
    assert found == sums(site, host, "Chinook")
    asked(site, host, "drop database Chinook_again")
