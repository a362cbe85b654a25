"""Every single change of a schema is noticed and named, and its faithful copy is the same; the page lists them."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from copied_postgresql import Throwaway, throwaway
from throwaway_postgresql import ONLY_ROOT

from ops.core.schema import decode
from ops.core.verdict import Finding, Verdict
from ops.sources.postgresql.facts import setting
from ops.sources.postgresql.nature.compared import compared as as_a_whole
from ops.sources.postgresql.session import Session
from ops.sources.postgresql.structure import SORTS, Sort, definitions, structure
from ops.sources.postgresql.structure.compared import compared

HERE = Path(__file__).parent
HEAD = re.compile(r"^--- (.+) \| (.+) \| (.+)\n", re.MULTILINE)
PAGE = HERE.parents[1] / "docs/proof.md"
LEAST = 150
DATABASE = "database"  # which is no definition within it
pytestmark = ONLY_ROOT


def changes() -> dict[str, list[tuple[str, str, str]]]:
    """Return by sort what is changed, the object that must be named, and the statements."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    _, *parts = HEAD.split((HERE / "schema_changes.sql").read_text("utf-8"))
    for sort, what, name, statement in zip(*(parts[place::4] for place in range(4)), strict=True):
        found.setdefault(sort, []).append((what, name, statement.strip()))
    return found


CHANGES = changes()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Throwaway]:
    with throwaway() as cluster:
        cluster.create("sorts", (HERE / "every_sort.sql").read_text("utf-8"))
        cluster.copy("sorts", "copied")
        yield cluster


@pytest.fixture(scope="module")
def wanted(cluster: Throwaway) -> Mapping[str, Sort]:
    definitions = cluster.facts("sorts").definitions
    assert definitions is not None
    return definitions


@pytest.fixture(scope="module")
def session(cluster: Throwaway) -> Iterator[Session]:
    """A session in the copy, in which a change is made and taken back."""
    with cluster.session("copied") as session:
        session.tell("set client_min_messages = error")
        yield session


@pytest.fixture(scope="module")
def there(session: Session) -> Mapping[str, Sort]:
    return structure(session.ask)


def test_a_faithful_copy_is_the_same(cluster: Throwaway) -> None:
    found = cluster.proven("copied", cluster.facts("sorts"))
    assert {name: one.message for name, one in found.items() if one.verdict is not Verdict.PASS} == {}


def test_the_schema_has_one_of_each_sort(wanted: Mapping[str, Sort]) -> None:
    empty = {sort for sort in SORTS if not wanted[sort].objects}
    assert empty == {"text search template", "text search parser", "security label"}


@pytest.mark.parametrize("sort", [sort for sort in CHANGES if sort != DATABASE])
def test_every_single_change_is_noticed_and_named(
    session: Session, wanted: Mapping[str, Sort], there: Mapping[str, Sort], sort: str
) -> None:
    for what, name, statement in CHANGES[sort]:
        session.tell(f"begin; {statement} select")
        found = {**there, sort: decode(Sort, session.ask(definitions(sort)), sort)}
        message = compared(session, {**there, sort: wanted[sort]}, found).message
        session.tell("rollback")
        assert message.startswith(f"{sort} definitions differ"), f"{what}: {message}"
        assert name in message, f"{what}: {message}"
    assert compared(session, wanted, there).verdict is Verdict.PASS  # what differs in words alone is not named


def test_every_single_change_of_the_database_itself_is_noticed_and_named(cluster: Throwaway, session: Session) -> None:
    told, same = cluster.facts("sorts"), Finding(Verdict.PASS, "")
    for what, name, statement in CHANGES[DATABASE]:
        session.tell(f"begin; {statement} select")
        found = as_a_whole(session, told, setting(session.ask), same)
        session.tell("rollback")
        assert found == Finding(Verdict.FAIL, f"the database itself differs: {name}"), what
    assert as_a_whole(session, told, setting(session.ask), same) is same


def test_the_page_says_what_is_noticed() -> None:
    assert sum(map(len, CHANGES.values())) >= LEAST
    rows = [f"| {sort} | {len(found)} | {'; '.join(what for what, *_ in found)} |" for sort, found in CHANGES.items()]
    page = PAGE.read_text("utf-8")
    head, tail = page.partition("| sort ")[0], page.rpartition(" |\n")[2]
    fresh = head + "\n".join(["| sort | changes | which |", "| --- | --- | --- |", *rows, ""]) + tail
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        PAGE.write_text(fresh, "utf-8")
    assert PAGE.read_text("utf-8") == fresh, "the page differs: run this test with SEAWALL_WRITE_PAGES=1"
