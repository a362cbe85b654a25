"""The rows that a query of the policy answers: all of them, however many, and nothing but a query that reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from copied_postgresql import Throwaway
from throwaway_postgresql import ONLY_ROOT, cluster

from ops.core.errors import SeawallError
from ops.sources.postgresql import listed
from ops.sources.postgresql.listed import rows

pytestmark = ONLY_ROOT
PATHS = "select '/srv/' || n as path, n as bytes, md5(n::text) as md5 from generate_series(1, {}) n"


@pytest.fixture(scope="module")
def images() -> Iterator[Throwaway]:
    """A server with a database whose settings are as hostile as an application's may be."""
    with cluster() as one:
        server = Throwaway(Path(one.socket))
        server.create("images", "create table odd (path text); insert into odd values (E'a\\nb|c'), (null)")
        server.give("images", ["search_path = ''", "statement_timeout = '1ms'"])
        yield server


@pytest.mark.parametrize("count", [0, 1, listed.AT_ONCE, 2 * listed.AT_ONCE + 1])
def test_every_row_comes(images: Throwaway, count: int) -> None:
    found = list(rows(images.server, "images", f"{PATHS.format(count)} -- all of them\n;\n"))
    assert [row["bytes"] for row in found] == list(range(1, count + 1))
    assert all(set(row) == {"path", "bytes", "md5"} for row in found)


def test_names_are_as_they_are(images: Throwaway) -> None:
    found = rows(images.server, "images", "select path from public.odd")
    assert [row["path"] for row in found] == ["a\nb|c", None]


@pytest.mark.parametrize(
    "sql",
    ["select path from nowhere", "delete from public.odd returning path", "select 1) x; drop table public.odd --"],
)
def test_what_is_no_query_raises_and_changes_nothing(images: Throwaway, sql: str) -> None:
    with pytest.raises(SeawallError):
        list(rows(images.server, "images", sql))
    with images.session("images") as session:  # which the database's own time limit does not end
        assert session.tell("select count(*) from public.odd") == ["2"]


def test_no_row_of_a_hostile_server_is_taken_for_another_thing() -> None:
    for line in ("[1]", "1", "{", "[" * 100_000):
        with pytest.raises(SeawallError, match="a row"):
            listed._row(line)
