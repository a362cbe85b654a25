"""MariaDB servers as sites set them: no setting hinders a backup or a restore, and one that hides rows is told."""

from collections.abc import Iterator

import pytest
from hospital import Site
from mariadb_bench import BOTH, LIVE, asked, at_the_bench, dropped, tried

RUNGS = 6
# What only a less strict server takes, as applications make it that set their own mode.
LOOSE = f"""
create database loose; use loose; set innodb_strict_mode = 0, sql_mode = 'allow_invalid_dates,no_unsigned_subtraction';
create table wide (id int primary key, {", ".join(f"c{number} varchar(255) default ''" for number in range(197))})
  charset latin1; create table dated (id int primary key, seen date default '2021-02-31');
create table below (n int unsigned primary key, less int as (n - 5)); insert into wide (id) values (1);
insert into dated values
  (1, default), (2, '2020-06-31'), (3, '0000-00-00'), (4, '2020-00-01'); insert into below (n) values (1);
create view near as select id, seen from dated where id in (1, 2);
"""
# What a server's settings may say, and what then is said again: nothing of it may hinder a restore.
SETTINGS = {"tx_read_only": (1, 0), "max_statement_time": (0.05, 0), "autocommit": (0, 1), "completion_type": (1, 0)}
SETTINGS |= {"sql_quote_show_create": (0, 1)}
HINDERING, AS_BEFORE = (
    "set global " + ", ".join(f"{name} = {values[now]}" for name, values in SETTINGS.items()) for now in (0, 1)
)
LIMITED = "try:\n  take('limited', database={!r})\nexcept SeawallError as error:\n  print(error, error.hint)"


@pytest.fixture(scope="module", autouse=True)
def bench(site: Site) -> Iterator[None]:
    with at_the_bench(site):
        yield
        for host in LIVE:
            dropped(site, host, "loose%")


@BOTH
def test_what_only_a_less_strict_server_takes_comes_back_whatever_the_settings(site: Site, host: str) -> None:
    dropped(site, host, "loose%")
    asked(site, host, LOOSE)
    asked(site, host, HINDERING)
    try:
        tried(site, host, "take('loose', database='loose')")
        said = tried(site, host, "bring('loose', 'loose_b')", root=True)
    finally:
        asked(site, host, AS_BEFORE)
    assert said.count("pass ") == RUNGS, said
    query = "select group_concat(cast(seen as char) order by id) from loose_b.dated"
    assert asked(site, host, query) == "2021-02-31,2020-06-31,0000-00-00,2020-00-01"
    # What is computed when it is read depends on the reader's mode; that its row is there does not.
    assert asked(site, host, "select n from loose_b.below") == "1"


@BOTH
def test_a_server_that_hides_rows_from_dumps_is_told(site: Site, host: str) -> None:
    asked(site, host, "set global sql_select_limit = 1")
    try:
        said = tried(site, host, LIMITED.format(LIVE[host]))
    finally:
        asked(site, host, "set global sql_select_limit = default")
    assert "the server's setting sql_select_limit is 1: mariadb-dump would leave out all further rows" in said
    assert "set global sql_select_limit = default" in said
