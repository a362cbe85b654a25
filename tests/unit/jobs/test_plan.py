"""What a restore is going to do follows from the set, the policy and a person's words; what cannot be is refused."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.core.errors import UsageError
from ops.interfaces.facts import Facts
from ops.interfaces.manifest import Manifest, Material, PartFacts
from ops.jobs.restore.plan import Step, Wanted, planned
from ops.jobs.restore.point_in_time import point_in_time
from ops.policy.model import SourceSpec
from ops.restic.messages import Snapshot
from ops.restic.sets import Set
from ops.sources import files, machine, postgresql

WHEN = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Named(Facts):
    """As much of a database's facts as a plan looks at."""

    name: str

    @property
    def database_name(self) -> str:
        return self.name


PARTS = {
    "database.lis": PartFacts("postgresql", postgresql.KIND, Named(name="lis"), Material()),
    "database.legacy": PartFacts("postgresql", postgresql.KIND, Named(name="legacy"), Material()),
    "reports": PartFacts("files", files.KIND, Facts(), Material()),
}
ASSET = SimpleNamespace(
    sources={
        "database": SourceSpec("postgresql", postgresql.Options(all=True)),
        "reports": SourceSpec("files", files.Options(("/srv/lis/reports",))),
    }
)
WHICH = Set("one", "lis", {label: Snapshot("1", WHEN, "lis1", (), (), 1, 1 << 20) for label in PARTS})


def manifest(parts: dict[str, PartFacts]) -> Manifest:
    return Manifest("one", "lis", "lis1", "2026-11-22T00:00:00Z", "0.1.0", "0.18.0", parts)


def steps(
    *to: str, part: tuple[str, ...] = (), in_place: bool = False, only: tuple[str, ...] = (), logins: bool = False
) -> list[Step]:
    options = Wanted(list(to), list(part), list(only), in_place=in_place, logins=logins)
    return planned(ASSET, WHICH, manifest(PARTS), options)


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
    assert "in place of the database lis, which is kept" in words[0]
    assert "in place of /srv/lis/reports, which is kept" in words[2]


def test_a_part_is_not_put_in_the_place_of_all() -> None:
    with pytest.raises(UsageError, match="can't be combined"):
        steps(part=("database.lis",), in_place=True, only=("samples",))


@pytest.mark.parametrize(
    ("to", "part", "in_place", "why"),
    [
        ((), (), False, "missing restore target"),
        (("/srv/x",), (), True, "missing restore target"),
        (("same",), ("database",), False, "can't have the same name"),
        (("{}_r",), (), False, "can be restored only into a folder"),
        (("reports=/srv/x",), (), False, "missing restore target for database.lis"),
        (("nothing=/srv/x",), (), False, "no part 'nothing'"),
        (("lis",), ("database.lis",), False, "is the live database"),
        (("/srv/x",), ("databse",), False, "no part 'databse', did you mean"),
    ],
)
def test_what_cannot_be_is_refused(to: tuple[str, ...], part: tuple[str, ...], in_place: bool, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        steps(*to, part=part, in_place=in_place)


def test_logins_are_of_databases_that_are_loaded() -> None:
    assert {step.logins for step in steps("{}_r", part=("database",), logins=True)} == {True}
    with pytest.raises(UsageError, match="--with-logins needs a database"):
        steps("/srv/x", logins=True)


def test_moments_are_of_the_sites_zone_and_a_day_means_its_end() -> None:
    assert point_in_time("2026-11-20 12:00", "America/Sao_Paulo")[0].astimezone(UTC).hour == 15
    assert point_in_time("2026-11-20", "UTC")[0] == datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    assert point_in_time("7481305f", "UTC") == (None, "7481305f")
    assert point_in_time(None, "UTC") == (None, "")
    with pytest.raises(UsageError, match="neither a time nor a set"):
        point_in_time("soon", "UTC")


def of_machine(*part: str) -> list[Step]:
    parts = {
        "tree": PartFacts("machine", machine.KIND, Facts(), Material()),
        "tree.log": PartFacts("machine", machine.KIND, Facts(), Material(), completes="tree"),
    }
    which = Set("one", "server", {label: Snapshot("1", WHEN, "his1", (), (), 1, 1 << 20) for label in parts})
    asset = SimpleNamespace(sources={"tree": SourceSpec("machine", machine.Options())})
    return planned(
        asset,
        which,
        manifest(parts),
        Wanted(["/srv/x"], list(part)),
    )


@pytest.mark.parametrize("part", [(), ("tree",), ("tree", "tree.log")])
def test_what_completes_a_part_comes_with_it(part: tuple[str, ...]) -> None:
    (step,) = of_machine(*part)
    assert step.words() == "tree (machine, 2 MiB): into the folder /srv/x/tree"
    assert step.completed_by
    assert step.completed_by.label == "tree.log"
    assert steps("/srv/x")[0].completed_by is None


def test_a_kind_that_is_not_the_policys_goes_into_a_folder_alone() -> None:
    other = {**PARTS, "reports": PartFacts("postgresql", postgresql.KIND, Named(name="lis"), Material())}
    for options in (Wanted(["again"], ["reports"]), Wanted(part=["reports"], in_place=True)):
        with pytest.raises(
            UsageError, match=r"\(postgresql\) can be restored only into a folder|reports is no longer in the policy"
        ):
            planned(ASSET, WHICH, manifest(other), options)


def test_what_completes_a_part_does_not_come_alone() -> None:
    with pytest.raises(UsageError, match=r"tree\.log belongs to another part"):
        of_machine("tree.log")
