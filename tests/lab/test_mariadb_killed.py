"""A restore of MariaDB in place that is killed: the next one puts back what was, or ends what was begun."""

from collections.abc import Iterator

import pytest
from hospital import Site
from mariadb_bench import asked, at_the_bench, dropped, tried

HOST = "lis1"
TAKEN = """
create database own; use own; create sequence no start 10;
create table drugs (id int primary key default nextval(no), name varchar(20)); create table seen (drug int);
insert into drugs values (1, 'a'), (2, 'b'); insert into seen values (1);
create trigger drugs_seen after update on drugs for each row insert into own.seen values (new.id);
create function doubled(x int) returns int deterministic return 2 * x;
create event cleans on schedule every 1 hour do delete from own.drugs where id < 0;
create view priced as select id, own.doubled(id) twice from own.drugs;
"""
LIVE = "update own.drugs set name = 'live'; create procedure own.since() select 1"
# Whoever uses the database meanwhile: rows that came after the move must not be lost.
USED = "update own.drugs set name = 'used' where name <> 'live' limit 1"
OBJECTS = "select concat(count(*), ' {0}s') from information_schema.{0}s where {0}_schema = 'own'"
STATE = ";".join(OBJECTS.format(sort) for sort in ("trigger", "routine", "event"))
STATE += ";select concat(count(*), ' views') from information_schema.views where table_schema = 'own'"
KILLED = """cd / && python3 /var/tmp/trial.py <<'END'
told, target = loaded('own', 'own_restoring')
killed_at({})
target.replace('own_restoring', 'own')
END"""
OLD, NEW = (["1 triggers", f"{routines} routines", "1 events", "1 views"] for routines in (2, 1))


@pytest.fixture(scope="module", autouse=True)
def bench(site: Site) -> Iterator[None]:
    with at_the_bench(site):
        yield


def killed(site: Site, moment: int, *since: str) -> str:
    """Kill a restore in place at so many statements that change something; return what the next one says.

    since: what somebody does with the server until then.
    """
    dropped(site, HOST, "own%")
    asked(site, HOST, TAKEN)
    tried(site, HOST, "take('own', database='own')")
    asked(site, HOST, LIVE)
    result = site.on(HOST, KILLED.format(moment))
    assert result.code == 137, result.stdout + result.stderr
    asked(site, HOST, ";".join([USED, *since]))
    return tried(site, HOST, "loaded('own', 'own_again')", root=True)


def test_before_the_tables_have_moved_all_is_put_back(site: Site) -> None:
    assert "an interrupted restore in place was undone" in killed(site, 6)
    assert asked(site, HOST, "select distinct name from own.drugs") == "live"
    assert asked(site, HOST, STATE).splitlines() == OLD
    dropped(site, HOST, "own%")


def test_before_the_tables_have_moved_the_live_one_stays_though_the_restored_one_was_dropped(site: Site) -> None:
    assert "an interrupted restore in place was undone" in killed(site, 6, "drop database own_restoring")
    assert asked(site, HOST, STATE).splitlines() == OLD
    dropped(site, HOST, "own%")


def test_where_nobody_can_tell_nothing_is_touched(site: Site) -> None:
    said = killed(site, 12, "drop table own.seen")
    try:
        assert "an interrupted restore in place is left as it is, for tables came or went since" in said
        assert "used" in asked(site, HOST, "select name from own.drugs").splitlines()
    finally:
        site.on(HOST, "rm /var/backups/seawall-in-place-own-*.json /var/backups/seawall-own_before*", ok=range(1))
        dropped(site, HOST, "own%")


@pytest.mark.parametrize("moment", [9, 12, 15])
def test_after_the_tables_have_moved_it_is_ended_and_what_came_since_stays(site: Site, moment: int) -> None:
    said = killed(site, moment, "create procedure own.vendor() select 2")
    assert "an interrupted restore in place was ended; the previous data are kept as" in said
    (since,) = site.on(HOST, "ls /var/backups/seawall-own_before*-until-*.sql", ok=range(1)).stdout.split()
    assert "PROCEDURE `vendor`" in site.on(HOST, f"cat {since} && rm {since}", ok=range(1)).stdout
    assert "used" in asked(site, HOST, "select name from own.drugs").splitlines()
    assert asked(site, HOST, STATE).splitlines() == NEW
    (kept,) = asked(site, HOST, "show databases like 'own\\_before%'").splitlines()
    assert asked(site, HOST, f"select distinct name from {kept}.drugs") == "live"
    dropped(site, HOST, "own%")
