"""What a PostgreSQL of years ago held comes into today's, and is proven there; in the bare trees of two releases."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from rehearsing import LABEL, Here, Kept, kept_postgresql, played

from ops.core.errors import UsageError
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.interfaces.drill import Part
from ops.jobs.drill.oldest import modern
from ops.jobs.drill.options import DrillOptions
from ops.policy.model import Drill
from ops.policy.queries import Expectation

SCRIPT = """
create role registrar; create schema registry authorization registrar; create extension pg_trgm;
create type registry.state as enum ('active', 'removed');
create table registry.donors (
  id bigint generated always as identity primary key, code text not null unique, born date not null,
  state registry.state not null default 'active', hla jsonb, typed numeric(6, 2)[], note text collate "C"
);
create table registry.samples (
  id serial primary key, donor bigint not null references registry.donors, taken timestamptz
);
create table registry.parted (at date not null, what text) partition by range (at);
create table registry.parted_2011 partition of registry.parted for values from ('2011-01-01') to ('2012-01-01');
create view registry.seen as select code, count(*) from registry.donors group by code;
create materialized view registry.kept as select * from registry.seen;
create function registry.age(born date) returns int language sql stable
  as 'select extract(year from now() - born)::int';
create index on registry.donors using gin (hla); create index on registry.donors (lower(code));
insert into registry.donors (code, born, hla, typed)
  select 'CZ' || i, date '1950-01-01' + i, '{"A": "01:01"}', array[i, i / 7.0] from generate_series(1, 500) i;
insert into registry.samples (donor, taken) select i, now() from generate_series(1, 500) i;
insert into registry.parted values ('2011-05-05', 'one');
refresh materialized view registry.kept;
select lo_from_bytea(0, 'an image of years ago');
"""
ASKED = {"donors": Expectation("select count(*) from registry.donors", equals=500)}


@pytest.fixture(scope="module")
def kept(tree: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What a set of PostgreSQL 15 holds."""
    return kept_postgresql(tree("bookworm"), 15, SCRIPT, tmp_path_factory.mktemp("kept") / "made")


def stage_in(tree: Path, kept: Kept, scratch: Path) -> tuple[Here, Part]:
    """A stage with that tree, and the part as it comes into the newest server there."""
    asset = Drill("here", Duration.parse("31d"), expectations=ASKED)
    stage = Here("asset", asset, None, DrillOptions(seed=1), scratch, Random(1), None)  # type: ignore[arg-type]
    stage.root, stage.kept = tree, kept
    return stage, modern(kept.part, stage)


def test_a_set_of_15_is_loaded_into_17_and_proven(tree: Callable[[str], Path], kept: Kept, tmp_path: Path) -> None:
    stage, part = stage_in(tree("trixie"), kept, tmp_path / "scratch")
    assert part.database
    assert part.database.engine(part.told.facts).name == "PostgreSQL 17"
    played(stage, "database", part, "")
    found = {rung.name: rung.verdict for rung in stage.rungs}
    assert {*found.values()} <= {Verdict.PASS, Verdict.WARN}, stage.rungs
    wanted = {"archive", "structure", "roles", "volume", "sequences", "integrity", "semantics donors"}
    assert wanted <= {name for name, verdict in found.items() if verdict is Verdict.PASS}
    assert {one.name for one in stage.not_configured} == {"content"}


def test_what_is_lost_on_the_way_is_noticed_there_too(tree: Callable[[str], Path], kept: Kept, tmp_path: Path) -> None:
    stage, part = stage_in(tree("trixie"), kept, tmp_path / "scratch")
    played(stage, "database", part, "table_emptied")
    assert {rung.name for rung in stage.rungs if rung.verdict is Verdict.FAIL} >= {"volume"}


def test_an_older_server_than_the_data_are_from_is_refused(
    tree: Callable[[str], Path], kept: Kept, tmp_path: Path
) -> None:
    later = replace(kept, facts=replace(kept.facts, major=17))  # type: ignore[type-var]
    with pytest.raises(UsageError, match=r"has PostgreSQL 15, but the data are from 17"):
        stage_in(tree("bookworm"), later, tmp_path / "scratch")
    assert later.part.label == LABEL
