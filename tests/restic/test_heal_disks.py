"""Whatever happens to a repository on a disk of the machine itself is found by name, and healed from another one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import loop_disks
import pytest
from disks_of_one import HANDS, Disks
from healed import WAYS, WORD
from hurt_disks import Ward, on_a_local_disk, on_a_removable_disk
from one_machine import Machine, damage

pytestmark = loop_disks.needs_root

SORTS = ("pack of files", "pack of folders", "index", "snapshot", "key")


@pytest.fixture(params=["local", "removable"])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    if request.param == "local":
        with on_a_local_disk(request.getfixturevalue("machine"), tmp_path) as one:
            yield one
    else:
        with on_a_removable_disk(request.getfixturevalue("disks")) as one:
            yield one


def table(tried: set[tuple[str, str]]) -> str:
    """What the page says of what was tried."""
    kept = {"snapshot", "key"}
    rows = [
        [sort, *("as it was" if sort in kept else "healed" for way in WAYS if (sort, way) in tried)] for sort in SORTS
    ]
    lines = [["hurt", *WAYS], ["---"] * (1 + len(WAYS)), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_every_sort_of_file_in_every_way(ward: Ward, tmp_path: Path) -> None:
    before, digests = ward.restored(tmp_path / "before"), ward.digests()
    assert ward.clean()
    ways, tried = [*WAYS], set()
    for turn in range(len(ways)):
        packs = [ward.packs("data")[0], ward.packs("tree")[0]]
        others = [ward.files(sort)[0] for sort in ("index", "snapshots", "keys")]
        chosen = {path: ways[(turn + at) % len(ways)] for at, path in enumerate([*packs, *others])}
        tried |= {*zip(SORTS, chosen.values(), strict=True)}
        ward.hurt({path: chosen[path] for path in packs})
        code, told = ward.heal("--read", "--dry-run")
        assert (code, [path for path in packs if path not in told]) == (0, [])
        ward.hurt({path: chosen[path] for path in others})
        code, told = ward.heal("--snapshots", "--read", *WORD)
        # What an index named that is hurt, too, and the index that is lost: by the sets that need it.
        assert (code, [path for path in others if path not in told and chosen[path] != "lost"]) == (0, [])
        assert [path for path in others[1:] if path not in told] == []
        assert {path: digests[path] for path in others[1:]}.items() <= ward.digests().items()
        assert not {*packs} & ward.digests().keys()
    assert tried == {(sort, way) for sort in SORTS for way in WAYS}
    assert table(tried) in (Path(__file__).parents[2] / "docs/heal.md").read_text()
    assert ward.restored(tmp_path / "after") == before
    assert ward.clean()


def test_what_was_kept_goes_away_with_what_was_taken_away(ward: Ward) -> None:
    (key,) = ward.files("keys")
    (snapshot, *_) = ward.files("snapshots")
    (ward.folder / snapshot).unlink()
    code, told = ward.heal("--dry-run")
    assert (code, snapshot in told) == (0, False), "who forgets a snapshot on purpose does not want it back"
    assert snapshot in ward.heal("--snapshots", "--dry-run")[1]
    (ward.folder / key).unlink()
    assert key in ward.heal("--dry-run")[1], "no other key is there"


def test_a_dead_repository_of_which_nothing_was_kept_says_so(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(ward.machine.root / "var/lib/seawall/state/own_spares")
    (key,) = ward.files("keys")
    ward.hurt({key: "garbled"})
    assert ward.heal("--dry-run")[0] == 1
    assert "make it anew" in capsys.readouterr().err


def test_a_backup_host_is_healed_from_a_disk(ward: Ward, tmp_path: Path) -> None:
    """The other way round: what the primary repository lost comes back from the disk."""
    primary = Ward(ward.machine, "primary", ward.machine.stored / "his1/primary")
    before = primary.restored(tmp_path / "before")
    there = {blob for held in ward.blobs().values() for blob in held}
    known, lacking = [], []
    for path, held in primary.blobs().items():
        (known if held.keys() <= there else lacking).append(path)
    for path, way in zip(known, WAYS, strict=False):
        WAYS[way](primary.folder / path)
    assert len(known) > 1
    code, told = primary.heal("--read", "--from", ward.name, *WORD)
    assert (code, [path for path in known if path not in told]) == (0, [])
    assert primary.restored(tmp_path / "after") == before
    (primary.folder / lacking[0]).unlink()
    code, told = primary.heal("--from", ward.name, *WORD)
    assert (code, "is missing from sets" in told) == (1, True), "the pictures are on no disk"


def test_all_indexes_lost_and_nothing_else(ward: Ward, tmp_path: Path) -> None:
    """Nobody names an index that is not there: what the sets need is in none."""
    before = ward.restored(tmp_path / "before")
    ward.hurt(dict.fromkeys(ward.files("index"), "lost"))
    assert ward.heal(*WORD)[0] == 0
    assert ward.restored(tmp_path / "after") == before
    assert ward.clean()


def test_a_healed_disk_leaves_good_once_it_was_read_again(disks: Disks) -> None:
    disks.turn("red")
    with loop_disks.mounted(disks.file("red")) as disk:
        damage(max(disk.glob("his1/data/??/*"), key=lambda path: path.stat().st_size))
    with loop_disks.attached(disks.file("red")):
        assert disks.seawall("arrive") == 1
        assert disks.state("red")["damaged"]
        assert disks.machine.seawall("heal", "disks", "--read", *WORD) == 0
        assert disks.seawall("verify") == 0
        assert disks.seawall("update") == 0
        assert disks.seawall("leave", *HANDS) == 0
    assert disks.state("red")["verdict"] == "pass"


def test_nothing_is_done_to_a_disk_that_is_well(machine: Machine, tmp_path: Path) -> None:
    with on_a_local_disk(machine, tmp_path) as ward:
        before = ward.digests()
        code, told = ward.heal("--read", "--snapshots", *WORD)
        assert (code, told.endswith("nothing to do\n")) == (0, True)
        assert ward.digests() == before
