"""Rows that are larger than a page, of a column that was made plain when they were there, come back and are named."""

import pytest
from taken_postgresql import taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.verdict import Verdict

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
# A change of type keeps the rows that are stored elsewhere as they are; so does one of the storage alone.
LARGER = """
create table reports (id int primary key, "In full" text, note text);
insert into reports select g, repeat(md5(g::text), 400), 'short' from generate_series(1, 3) g;
alter table reports alter "In full" set storage plain, alter note set storage plain;
create table results (said text);
insert into results select string_agg(md5(g::text), '') from generate_series(1, 400) g;
alter table results alter said set storage plain;
"""
STORAGE = """
select string_agg(attstorage, '' order by attrelid::regclass::text, attnum) from pg_attribute
where attrelid in ('reports'::regclass, 'results'::regclass) and attnum > 0
"""


@pytest.mark.parametrize("parallel", [False, True])
def test_rows_larger_than_a_page_are_loaded_and_named(server: Cluster, parallel: bool) -> None:
    with taken(server, LARGER, parallel=parallel) as his:
        said = his.load()
        assert {*his.proof().values()} == {Verdict.PASS}
    assert [one.partition(" has rows that are larger than a page")[0] for one in sorted(said)] == [
        "table data public.reports",
        "table data public.results",
    ]
    assert server.psql(STORAGE, "again") == server.psql(STORAGE, "his")


def test_a_healthy_table_of_plain_columns_asks_for_nothing(server: Cluster) -> None:
    with taken(
        server, "create table t (a text); alter table t alter a set storage plain; insert into t values ('x')"
    ) as his:
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
