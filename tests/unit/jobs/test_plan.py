"""What a restore is going to do follows from the set, the policy and a person's words; what cannot be is refused."""

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.core.errors import UsageError
from ops.jobs.restore.plan import Step, planned
from ops.jobs.restore.point_in_time import point_in_time
from ops.policy.model import SourceSpec
from ops.restic.messages import Snapshot
from ops.restic.sets import Set
from ops.sources.files import Options as Files
from ops.sources.machine import Options as Machine
from ops.sources.postgresql import Options as PostgreSQL

WHEN = datetime(2026, 11, 22, tzinfo=UTC)
PARTS = {
    "database.lis": {"kind": "postgresql", "database": "lis"},
    "database.legacy": {"kind": "postgresql", "database": "legacy"},
    "reports": {"kind": "files"},
}
ASSET = SimpleNamespace(
    sources={
        "database": SourceSpec("postgresql", PostgreSQL(all=True)),
        "reports": SourceSpec("files", Files(("/srv/lis/reports",))),
    }
)
WHICH = Set("one", "lis", {label: Snapshot("1", WHEN, "lis1", (), (), 1, 1 << 20) for label in PARTS})


def steps(*to: str, part: tuple[str, ...] = (), in_place: bool = False, only: tuple[str, ...] = ()) -> list[Step]:
    options = Namespace(to=list(to), part=list(part), in_place=in_place, only=list(only))
    return planned(ASSET, WHICH, {"parts": PARTS}, options)


def test_a_folder_gets_every_part() -> None:
    assert [step.folder for step in steps("/srv/x")] == [Path("/srv/x", label) for label in PARTS]


def test_databases_get_names_and_files_a_folder() -> None:
    made = {step.label: step.database or step.folder for step in steps("{}_r", "reports=/srv/x")}
    assert made == {"database.lis": "lis_r", "database.legacy": "legacy_r", "reports": Path("/srv/x/reports")}


def test_one_part_alone() -> None:
    (step,) = steps("again", part=("database.lis",))
    assert step.database == "again"
    assert step.words() == "database.lis (postgresql, 1 MiB): as the database again"


def test_a_source_names_all_its_parts() -> None:
    assert [step.label for step in steps("/srv/x", part=("database",))] == ["database.lis", "database.legacy"]


def test_in_place_names_what_gives_way() -> None:
    words = [step.words() for step in steps(in_place=True)]
    assert "in the place of the database lis, which is kept" in words[0]
    assert "in the place of /srv/lis/reports, which is kept" in words[2]


def test_a_part_is_not_put_in_the_place_of_all() -> None:
    with pytest.raises(UsageError, match="do not go together"):
        steps(part=("database.lis",), in_place=True, only=("samples",))


@pytest.mark.parametrize(
    ("to", "part", "in_place", "why"),
    [
        ((), (), False, "where to"),
        (("/srv/x",), (), True, "where to"),
        (("same",), ("database",), False, "can't get one name"),
        (("{}_r",), (), False, "goes into a folder"),
        (("reports=/srv/x",), (), False, "where shall database.lis go"),
        (("nothing=/srv/x",), (), False, "no part 'nothing'"),
        (("lis",), ("database.lis",), False, "is the database itself"),
        (("/srv/x",), ("databse",), False, "no part 'databse', did you mean"),
    ],
)
def test_what_cannot_be_is_refused(to: tuple[str, ...], part: tuple[str, ...], in_place: bool, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        steps(*to, part=part, in_place=in_place)


def test_moments_are_of_the_sites_zone_and_a_day_means_its_end() -> None:
    assert point_in_time("2026-11-20 12:00", "America/Sao_Paulo")[0].astimezone(UTC).hour == 15
    assert point_in_time("2026-11-20", "UTC")[0] == datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    assert point_in_time("7481305f", "UTC") == (None, "7481305f")
    assert point_in_time(None, "UTC") == (None, "")
    with pytest.raises(UsageError, match="neither a moment nor a set"):
        point_in_time("soon", "UTC")


def machine(*part: str) -> list[Step]:
    parts = {"tree": {"kind": "machine"}, "tree.log": {"kind": "machine", "completes": "tree"}}
    which = Set("one", "server", {label: Snapshot("1", WHEN, "his1", (), (), 1, 1 << 20) for label in parts})
    asset = SimpleNamespace(sources={"tree": SourceSpec("machine", Machine())})
    return planned(asset, which, {"parts": parts}, Namespace(to=["/srv/x"], part=list(part), in_place=False, only=[]))


@pytest.mark.parametrize("part", [(), ("tree",), ("tree", "tree.log")])
def test_what_completes_a_part_comes_with_it(part: tuple[str, ...]) -> None:
    (step,) = machine(*part)
    assert step.words() == "tree (machine, 2 MiB): into the folder /srv/x/tree"
    assert step.completed_by
    assert step.completed_by.label == "tree.log"
    assert steps("/srv/x")[0].completed_by is None


def test_what_completes_a_part_does_not_come_alone() -> None:
    with pytest.raises(UsageError, match=r"tree\.log completes another part"):
        machine("tree.log")
