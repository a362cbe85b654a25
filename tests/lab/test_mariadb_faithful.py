"""MariaDB's databases as sites have them: one object ends no backup, a faithful copy is the same, in place is whole."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hospital import Site
from mariadb_bench import BOTH, LIVE, asked, at_the_bench, dropped, tried
from mariadb_changes import CHANGES, SCHEMA

PAGE = Path(__file__).parents[2] / "docs/proof-mariadb.md"
RUNGS = 6
# Objects that name their own database, in every way in which people and the server write that.
NAMED = """
create database own; use own; create sequence no start 10;
create table drugs (id int primary key default nextval(no), name varchar(20)); create table seen (drug int, code int);
insert into drugs values (1, 'a'), (2, 'b'); insert into seen values (1, 1);
create trigger own.drugs_seen before update on own.drugs for each row set new.name = trim(new.name);
create trigger writes after update on drugs for each row insert into own . seen (drug) values (new.id);
create procedure own.recount() update `own`.`drugs` set name = concat(name, 'own.drugs', "own.drugs"); -- own.drugs
create procedure own.`an alias`() select own.name from drugs own;
create function doubled(x int) returns int deterministic return 2 * x;
create event own.cleans on schedule every 1 hour do delete from own.drugs where id < 0;
create sql security invoker view priced as select id, doubled(id) twice from own.drugs;
create view above as select * from priced; create view aa as select * from above;
create view old as select code from seen; alter table seen drop column code;
create user gone@localhost; create definer=gone@localhost view gone as select * from drugs; drop user gone@localhost;
create view text as select 'own.drugs `own`.`drugs`' words, nextval(own.no) next;
create or replace user weak@localhost account lock; grant select on own.drugs to weak@localhost;
create definer=weak@localhost view weak as select id from drugs; create view over_weak as select * from weak;
revoke select on own.drugs from weak@localhost;
"""
OPTIONS = """
create database options; use options;
create table a1 (id int primary key) engine=aria; create table a2 (id int) engine=aria transactional=0;
create table a3 (id int primary key) engine=aria page_checksum=0; create table a4 (id int) engine=aria row_format=fixed;
create table m1 (id int primary key, v varchar(9)) engine=myisam row_format=fixed checksum=1 delay_key_write=1
  pack_keys=1 max_rows=1000; create table m2 like m1; alter table m2 pack_keys=default;
create table merged (id int primary key, v varchar(9)) engine=merge union=(m2) insert_method=last;
alter table m2 checksum=0 delay_key_write=0 row_format=default max_rows=0;
create table me (id int, key using btree (id)) engine=memory max_rows=12; create table c (id int not null) engine=csv;
create table i1 (id int primary key, v varchar(9), key k (v (3) desc)) row_format=compressed key_block_size=8
  stats_persistent=1 stats_sample_pages=9; create table i2 (id int) page_compressed=1 charset latin1;
create sequence sq; create table checked (id int primary key default nextval(sq), u varchar(40) default uuid(), j json,
  g int as (id + 1) stored, h int as (id * 2) virtual, status enum('a', 'b''c') check (status in ('a', 'b')),
  t timestamp default current_timestamp on update current_timestamp, b bit(3) default b'101', p point,
  d double default 1e-7, check (id between 1 and 9 and (u <> 'x' or id > 1)), check (not (id = 3)),
  check (u like '%options.d%' or u = 'it''s\\n'), check (t > date'2020-01-01' - interval 1 day),
  check (case when id = 1 then 2 else 3 end), check (not (id is null) xor id), check (u is true or u regexp 'a'),
  check (cast(u as char(3)) = convert('a' using latin1)), check ((id, u) = (1, 2))) comment='it''s options.d';
create table p1 (a int, b date) partition by list columns (a, b) (partition q values in ((1, '2020-01-01')));
create table p2 (id int, d datetime) partition by range (id) subpartition by hash (to_days(d)) subpartitions 2
  (partition low values less than (5) comment 'x', partition high values less than maxvalue);
create table v1 (id int, v int without system versioning) with system versioning;
create table v2 (id int) with system versioning partition by system_time limit 100 (partition p0 history,
  partition pn current); create table ap (a date, b date, period for pp (a, b), id int,
  unique (id, pp without overlaps));
"""
FAR = """
install soname 'ha_federatedx'; create database far; create table far.far (id int primary key);
insert into far.far values (1), (2); create user fed@localhost identified by 'f'; grant all on far.* to fed@localhost;
create database near; use near; create table t (id int auto_increment primary key); insert into t values (1), (2);
create server there foreign data wrapper mysql options (user 'fed', password 'f', socket '/run/mysqld/mysqld.sock',
  host 'localhost', database 'far', owner 'x'); create table far (id int primary key)
  engine=federated connection='there/far';
create view over_far as select * from far; create view over_that as select * from over_far;
create view ours as select * from t; create trigger of_far before insert on far for each row set new.id = 3;
"""
VIOLATED = """
create database violated; use violated; create table chk (id int primary key, v int, constraint `chk.a` check (v > 0));
insert into chk values (1, 1); set check_constraint_checks = 0; insert into chk values (2, -1), (3, null);
"""
# As an account of an application may name things that has no rights elsewhere.
STRANGE = """
create database strange; use strange; create table plain (id int primary key); insert into plain values (1), (2), (3);
create table ends (`x
seawall-end-of-answer
[9]` int);
create table `t
DELIMITER ;;
x` (id int primary key); create procedure counts() select count(*) from strange.plain;
create view `v
;create database owned;-- x` as select * from plain;
"""
ACCOUNTS = """
create database mine; create table mine.t (id int); create database other; create table other.t (id int);
create or replace user elsewhere@localhost identified by 'x'; grant all on other.* to elsewhere@localhost;
create or replace user everywhere@localhost identified by 'x'; grant select on *.* to everywhere@localhost;
create or replace user looks@localhost identified by 'x'; grant select on mine.t to looks@localhost;
create or replace user defines@localhost; create definer=defines@localhost procedure mine.p() select 1;
"""


@pytest.fixture(scope="module", autouse=True)
def bench(site: Site) -> Iterator[None]:
    with at_the_bench(site):
        yield
        for host in LIVE:
            asked(site, host, "drop user if exists weak@localhost, other_definer@localhost")


def made(site: Site, host: str, sql: str, *databases: str) -> None:
    """Make databases anew."""
    before = " ".join(f"drop database if exists `{database}`;" for database in databases)
    asked(site, host, before + sql)


@BOTH
def test_objects_that_name_their_database_and_views_without_rights_come_back(site: Site, host: str) -> None:
    dropped(site, host, "own%")
    made(site, host, NAMED)
    said = tried(site, host, "take('own', database='own')")
    assert "dump 0" in said
    assert "the view old is broken and was left out: Unknown column 'seen.code'" in said
    said = tried(site, host, "bring('own', 'own_b')", root=True)
    assert said.count("pass ") == RUNGS, said
    assert "not in the dump: old (Unknown column" in said
    body = (
        "select routine_definition from information_schema.routines where routine_schema = 'own_b' and routine_name ="
    )
    assert asked(site, host, f"{body} 'recount'") == (
        "update `own_b`.`drugs` set name = concat(name, 'own.drugs', \"own.drugs\")"
    )
    assert asked(site, host, f"{body} 'an alias'") == "select own.name from drugs own"
    # Nothing of the copy reaches the live one.
    changed = (
        "update own_b.drugs set name = ' z '; select name from own_b.drugs; insert into own_b.drugs (name) values ('n')"
    )
    assert asked(site, host, f"{changed}; select count(*) from own_b.seen; select count(*) from own.seen").split() == [
        *("z", "z", "3", "1"),
    ]
    assert asked(site, host, "select twice from own_b.aa order by 1").split()[-1] == "20"
    asked(site, host, "drop database own_b")
    demand_in_place_over_a_live_one_that_got_worse(site, host)


def demand_in_place_over_a_live_one_that_got_worse(site: Site, host: str) -> None:
    asked(
        site,
        host,
        "create trigger own.since before insert on own.drugs for each row"
        " set new.name = (select count(*) from own.seen);"
        " create procedure own.since() update own.drugs set name = 1;"
        " create procedure own.unclear() select own.name from own.drugs own",
    )
    said = tried(site, host, "bring('own', 'own_restoring', live='own')", root=True)
    assert "the database own is now the restored one" in said, said
    assert "without old, unclear, whose text is in /var/backups" in said
    assert asked(site, host, "select name from own.drugs").split() == ["a", "b"]
    assert (
        asked(
            site,
            host,
            "select column_default from information_schema.columns where table_schema = 'own'"
            " and table_name = 'drugs' and column_name = 'id'",
        )
        == "nextval(`own`.`no`)"
    )
    kept = site.on(
        host, "cat /var/backups/seawall-own_before_*.sql && rm /var/backups/seawall-own_before_*", ok=range(1)
    )
    assert "PROCEDURE `unclear`" in kept.stdout
    dropped(site, host, "own", "own\\_before%")


@BOTH
def test_a_faithful_copy_is_the_same_beside_and_in_place_whatever_the_engine(site: Site, host: str) -> None:
    dropped(site, host, "options%")
    made(site, host, OPTIONS)
    tried(site, host, "take('options', database='options')")
    said = tried(site, host, "bring('options', 'options_restoring', live='options')", root=True)
    assert said.count("pass ") == RUNGS, said
    kept = asked(site, host, "show databases like 'options\\_before%'")
    body = f"print(defined_alike(shape('options'), shape({kept!r})).message)"
    assert "as in the manifest" in tried(site, host, body, root=True)
    dropped(site, host, "options%")


@BOTH
def test_no_name_speaks_for_the_server_or_is_run_as_its_root(site: Site, host: str) -> None:
    dropped(site, host, "strange%", "owned")
    made(site, host, STRANGE)
    tried(site, host, "take('strange', database='strange')")
    said = tried(site, host, "bring('strange', 'strange_b')", root=True)
    assert said.count("pass ") == RUNGS, said
    assert asked(site, host, "show databases like 'owned'") == ""
    assert asked(site, host, "select count(*) from strange_b.plain") == "3"
    dropped(site, host, "strange%")


@BOTH
def test_every_single_change_of_a_schema_is_noticed_and_named(site: Site, host: str) -> None:
    made(site, host, SCHEMA, "changed")
    body = f"""
with Local("root", {{}}).talk([*program("mariadb", "", "root"), "--database=changed", *talking([])], 300) as client:
    changing, before = Session(client), shape("changed")
    for statement in {[statement for _, statement, _, _ in CHANGES]!r}:
        changing.tell(statement)
        now = shape("changed")
        print(json.dumps(defined_alike(before, now).message))
        before = now
"""
    said = [json.loads(line) for line in tried(site, host, body, root=True).splitlines()]
    assert len(said) == len(CHANGES) >= 50
    for (what, _, sort, name), message in zip(CHANGES, said, strict=True):
        assert f"{sort} definitions differ" in message, f"{what}: {message}"
        assert name in message, f"{what}: {message}"
    dropped(site, host, "changed")


def table() -> str:
    """What the page lists."""
    lines = [f"| {sort} | {what} | `{statement}` |" for what, statement, sort, _ in CHANGES]
    return "\n".join(["| sort | what is changed | by |", "| --- | --- | --- |", *lines])


def test_the_page_lists_every_change_that_is_tried() -> None:
    head, _, rest = PAGE.read_text("utf-8").partition("<!-- changes -->\n")
    _, _, tail = rest.partition("<!-- /changes -->")
    wanted = f"{head}<!-- changes -->\n{table()}\n<!-- /changes -->{tail}"
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        PAGE.write_text(wanted, "utf-8")
    assert PAGE.read_text("utf-8") == wanted


@BOTH
def test_tables_of_other_servers_are_named_and_neither_counted_nor_missed(site: Site, host: str) -> None:
    made(site, host, f"drop server if exists there; {FAR}", "far", "near")
    try:
        for state in ("up", "down"):
            said = tried(site, host, "take('near', database='near')")
            told = json.loads(said.splitlines()[-1])
            assert told["rows"] == 2, state
            assert "far (FEDERATED)" in told["warnings"][0]
            assert "the view over_that is broken and was left out: it reads over_far" in told["warnings"][2]
            said = tried(site, host, "bring('near', 'near_b')", root=True)
            assert said.count("pass ") == RUNGS, said
            assert asked(site, host, "select count(*) from near_b.ours; drop database near_b") == "2"
            asked(site, host, "drop user if exists fed@localhost; flush tables")
        # A table of another server that is down keeps no other database from being replaced, nor from being listed.
        assert "is now the restored one" in tried(site, host, "bring('near', 'near_restoring', live='near')", root=True)
        looked = "from ops.gaps.mariadb import _databases\nprint(_databases('/run/mysqld/mysqld.sock', 'root'))"
        assert LIVE[host] in tried(site, host, looked, root=True)
    finally:
        asked(site, host, "drop server there")
        dropped(site, host, "near%", "far")
        asked(site, host, "uninstall soname 'ha_federatedx'")


@BOTH
def test_rows_that_violate_a_check_are_loaded_and_named(site: Site, host: str) -> None:
    made(site, host, VIOLATED, "violated")
    told = json.loads(tried(site, host, "take('violated', database='violated')").splitlines()[-1])
    assert told["warnings"] == [
        "1 row of chk violates the check chk.a; a restore loads it with check_constraint_checks = 0"
    ]
    said = tried(site, host, "bring('violated', 'violated_b')", root=True)
    assert said.count("pass ") == RUNGS, said
    assert "rows violate a CHECK, as before: chk.chk.a (1)" in said
    assert "pass volume 3 rows" in tried(site, host, "bring('violated', 'violated_o', only=('chk',))", root=True)
    dropped(site, host, "violated%")


@BOTH
def test_only_the_accounts_that_the_database_names_are_made_and_locked(site: Site, host: str) -> None:
    made(site, host, ACCOUNTS, "mine", "other")
    tried(site, host, "take('mine', database='mine')")
    asked(site, host, "drop user elsewhere@localhost, everywhere@localhost, looks@localhost, defines@localhost")
    said = tried(site, host, "bring('mine', 'mine_b')", root=True)
    assert "were made, but locked: `defines`@`localhost`, `looks`@`localhost`; ALTER USER" in said
    assert said.count("pass ") == RUNGS, said
    query = "select user, json_value(priv, '$.account_locked') from mysql.global_priv where user in"
    found = asked(site, host, f"{query} ('elsewhere', 'everywhere', 'looks', 'defines') order by user")
    assert found.splitlines() == ["defines\t1", "looks\t1"]
    asked(site, host, "drop user looks@localhost, defines@localhost")
    dropped(site, host, "mine%", "other")


@BOTH
def test_a_folder_that_is_no_database_is_passed_over_with_a_word(site: Site, host: str) -> None:
    site.on(host, "cd /var/lib/mysql && install -d -o mysql old-2024 && install -d -m 700 lost+found", ok=range(1))
    try:
        said = tried(site, host, "print(KIND.left_out(Options(all=True)), *KIND.parts(Options(all=True)))")
        assert "the folder lost+found in the server's data directory is no database" in said
        assert "the folder old-2024 in the server's data directory is no database" in said.splitlines()[-1]
        assert "mysql50" not in said
    finally:
        site.on(host, "rmdir /var/lib/mysql/old-2024 /var/lib/mysql/lost+found", ok=range(1))
