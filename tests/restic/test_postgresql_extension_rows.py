"""Rows that people keep in an extension's own tables, which a dump carries where the extension says so, are proven."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from taken_postgresql import Taken, taken
from throwaway_postgresql import ONLY_ROOT, Cluster
from trial_extension import trial_extension

from ops.core.verdict import Verdict
from ops.sources.postgresql.verify import prove

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
USED = """
create extension seawall_trial; insert into units values ('IU'), ('mmol'); insert into "all of it" values (1), (2);
insert into not_kept values (1); select nextval('numbers'), nextval('numbers');
"""


@pytest.fixture(scope="module", autouse=True)
def extension() -> Iterator[None]:
    with trial_extension():
        yield


def wrong(his: Taken, **changes: object) -> dict[str, str]:
    told = replace(his.facts, **changes)  # type: ignore[arg-type]
    found = prove(his.target.server, "again", told)
    return {name: one.message for name, one in found if one.verdict is not Verdict.PASS}


def test_what_a_dump_carries_of_them_comes_back_and_what_differs_is_named(server: Cluster) -> None:
    with taken(server, USED) as his:
        assert his.facts.extension_rows == {"public.units": 2, 'public."all of it"': 2}
        assert his.facts.sequences == {"public.numbers": 2}
        assert his.load() == []
        assert wrong(his) == {}
        server.psql(
            "update units set code = 'IE' where code = 'IU'; update units set code = 'g' where built_in", "again"
        )
        assert wrong(his) == {"content": "public.units: rows differ"}
        server.psql("delete from \"all of it\" where id = 1; select setval('numbers', 1)", "again")
        assert wrong(his) == {
            "volume": 'public."all of it" has 1 rows, but had 2',
            "content": "public.units: rows differ",
            "sequences": "public.numbers is at 1, but was at 2",
        }
        earlier = {name: told for name, told in (his.facts.content or {}).items() if name == "large objects"}
        assert wrong(his, extension_rows=None, content=earlier, sequences={}) == {}
