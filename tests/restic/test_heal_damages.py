"""Whatever a disk does to a repository is found by name and healed: the old sets are byte for byte what they were."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from healed import WAYS, WORD, Site, site


@pytest.fixture
def ward(old_sets: Path, tmp_path: Path) -> Iterator[Site]:
    with site(old_sets, tmp_path) as one:
        yield one


def hurt(ward: Site, way: str, path: str) -> None:
    WAYS[way](ward.keeper.repository / path)


def everything(ward: Site, folder: Path) -> dict[str, dict[str, str]]:
    """The files of every set by snapshot, as restic brings them back."""
    ids = [one for ids in ward.sets().values() for one in ids]
    return {one: ward.restored(one, folder / one) for one in ids}


_AT_FIRST: dict[str, dict[str, str]] = {}


@pytest.fixture
def before(ward: Site, tmp_path: Path) -> dict[str, dict[str, str]]:
    """What there was before any test hurt anything: each has a copy of the same repositories."""
    if not _AT_FIRST:
        _AT_FIRST.update(everything(ward, tmp_path / "before"))
    return _AT_FIRST


def healed(ward: Site, before: dict[str, dict[str, str]], tmp_path: Path, chosen: dict[str, str]) -> None:
    """Hurt files, each in a way, and demand that they are named and that all is as before when it was healed."""
    sets = ward.sets()
    for path, way in chosen.items():
        hurt(ward, way, path)
    assert ward.scrubbed().keys() == chosen.keys()
    assert ward.heal_all() == 0
    assert ward.scrubbed() == {}
    assert ward.sets() == sets
    assert everything(ward, tmp_path / "after") == before
    ward.machine.restic("primary", "check", "--read-data")


@pytest.mark.parametrize("way", WAYS)
def test_packs_come_back_from_the_other_repository(ward: Site, before: dict, tmp_path: Path, way: str):
    packs = ward.packs()
    healed(ward, before, tmp_path, dict.fromkeys([*packs["data"][:2], *packs["tree"][:2]], way))


def test_indexes_are_made_anew(ward: Site, before: dict, tmp_path: Path):
    packs = {*ward.files("data")}
    healed(ward, before, tmp_path, dict(zip(ward.files("index"), WAYS, strict=False)))
    assert {*ward.files("data")} == packs  # nothing that is here is brought once more


def test_all_indexes_and_a_pack_that_they_alone_named(ward: Site, before: dict, tmp_path: Path):
    """Nobody can tell then what the pack held: restic finds what is missing by the sets that need it."""
    packs = ward.packs()
    chosen = {**dict.fromkeys(ward.files("index"), "lost"), packs["data"][0]: "lost", packs["tree"][0]: "garbled"}
    healed(ward, before, tmp_path, chosen)


def test_every_pack(ward: Site, before: dict, tmp_path: Path):
    ways = [*WAYS] * 10
    healed(ward, before, tmp_path, dict(zip(ward.files("data"), ways, strict=False)))


def test_snapshots_come_back_under_their_own_names(ward: Site, before: dict, tmp_path: Path):
    healed(ward, before, tmp_path, dict(zip(ward.files("snapshots"), WAYS, strict=False)))


@pytest.mark.parametrize("sort", ["keys", "config"])
def test_what_opens_a_repository_comes_back_as_it_was(ward: Site, sort: str):
    before = ward.digests()
    (path,) = ward.files(sort) or ["config"]
    for way in WAYS:
        hurt(ward, way, path)
        assert ward.machine.seawall("heal", "primary", "--dry-run") == 1
        assert ward.keeper.seawall("heal", "--of", "his1", *WORD) == 0
        assert ward.digests() == before
        assert ward.machine.seawall("heal", "primary", "--dry-run") == 0
    assert ward.scrubbed() == {}


def test_snapshots_that_nobody_kept_come_back_under_other_names(ward: Site, before: dict, tmp_path: Path):
    chosen = [*ward.files("snapshots")][:3]
    sets = ward.sets()
    for path in chosen:
        hurt(ward, "flipped", path)
    shutil.rmtree(ward.keeper.root / "var/lib/seawall/state/spares")
    assert ward.scrubbed().keys() == {*chosen}
    names = ward.names(ward.keeper, "--of", "his1")
    assert ward.machine.seawall("heal", "primary", "--files", names, *WORD) == 1  # they did not come back
    assert ward.machine.seawall("heal", "primary", "--files", names, "--snapshots", *WORD) == 0
    ward.set_aside()
    assert ward.scrubbed() == {}
    assert {one: len(ids) for one, ids in ward.sets().items()} == {one: len(ids) for one, ids in sets.items()}
    after = everything(ward, tmp_path / "after")
    assert sorted(map(sorted, (one.items() for one in after.values()))) == sorted(
        map(sorted, (one.items() for one in before.values()))
    )
    assert ward.machine.seawall("heal", "primary", "--files", names, "--snapshots") == 0  # nothing to do
    ward.machine.restic("primary", "check", "--read-data")
