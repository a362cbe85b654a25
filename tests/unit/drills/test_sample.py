"""Which files a drill restores, and what it notices when it holds them against what the snapshot lists."""

import os
from pathlib import Path
from random import Random

import pytest

from ops.core.verdict import Verdict
from ops.drills._shared.sampling import Sample, chosen, compared, strangers
from ops.drills.files import MOST_WORDS, Options, _batches
from ops.interfaces.entry import Entry
from ops.restic import messages


def listed(count: int, size: int = 100) -> list[Entry]:
    """What restic lists of so many files: each as large as its number, the first one empty."""
    moment = "2026-11-22T21:53:19.335785022Z"
    files = [
        {"type": "file", "path": f"/srv/{number}", "size": number * size, "mode": 0o644, "mtime": moment}
        for number in range(count)
    ]
    others = [{"message_type": "snapshot"}, {"type": "dir", "path": "/srv", "mode": 0o755, "mtime": moment}]
    return [*filter(None, map(messages.entry, [*others, *files]))]


def test_a_sample_has_the_known_the_largest_the_smallest_and_others_by_chance() -> None:
    sample = chosen(listed(5000), ["/srv/77", "/srv/gone"], 200, 1 << 30, Random(1))
    assert len(sample.chosen) == 201
    assert {"/srv/77", "/srv/4999", "/srv/4998", "/srv/1", "/srv/2"} <= {*sample.chosen}
    assert (sample.files, sample.bytes) == (5000, sum(range(5000)) * 100)
    other = chosen(listed(5000), ["/srv/77"], 200, 1 << 30, Random(2))
    assert len({*sample.chosen} & {*other.chosen}) < 60
    again = chosen(listed(5000), ["/srv/77"], 200, 1 << 30, Random(2))
    assert [*again.chosen] == [*other.chosen]


def test_every_file_has_the_same_chance() -> None:
    seen = [0] * 100
    for seed in range(400):
        for path in chosen(listed(100, 0), [], 20, 1 << 30, Random(seed)).chosen:
            seen[int(path.rpartition("/")[2])] += 1
    assert min(seen[:90]) > 20  # 44 is what is expected of each
    assert max(seen[:90]) < 70


def test_a_sample_is_never_larger_than_it_may_be() -> None:
    sample = chosen(listed(1000), ["/srv/999", "/srv/5"], 200, 60_000, Random(1))
    assert sample.size <= 60_000
    assert "/srv/5" in sample.chosen
    assert "/srv/999" not in sample.chosen
    assert chosen(listed(3), [], 200, 1 << 30, Random(1)).chosen.keys() == {"/srv/0", "/srv/1", "/srv/2"}


@pytest.fixture
def restored(tmp_path: Path) -> tuple[Path, Sample]:
    """A folder as a restore leaves it, and the sample of what was restored."""
    sample = chosen(listed(30, 1), [], 200, 1 << 30, Random(1))
    (tmp_path / "srv").mkdir()
    for path, entry in sample.chosen.items():
        place = tmp_path / path.lstrip("/")
        place.write_bytes(b"x" * entry.size)
        place.chmod(0o644)
        os.utime(place, ns=(0, entry.changed * 1000 + 22))
        os.chown(place, *entry.owner)
    return tmp_path, sample


def wrong(folder: Path, sample: Sample) -> dict[str, str]:
    found = [*compared(folder, sample), ("strangers", strangers(folder, sample))]
    return {name: finding.message for name, finding in found if finding.verdict is not Verdict.PASS}


def test_what_is_as_the_snapshot_has_it_passes(restored: tuple[Path, Sample]) -> None:
    assert wrong(*restored) == {}


def test_every_difference_is_counted(restored: tuple[Path, Sample]) -> None:
    folder, sample = restored
    (folder / "srv/1").unlink()
    (folder / "srv/2").unlink()
    (folder / "srv/2").symlink_to("1")
    assert wrong(folder, sample) == {"present": "2 of 30 are missing"}
    (folder / "srv/3").chmod(0o4644)
    os.utime(folder / "srv/4", ns=(0, 0))
    (folder / "srv/5").write_bytes(b"xxx")
    os.utime(folder / "srv/5", ns=(0, sample.chosen["/srv/5"].changed * 1000))
    os.chown(folder / "srv/6", 1, -1)
    (folder / "srv/more").touch()
    found = wrong(folder, sample)
    assert (
        found["entries"]
        == "1 have a different size; 1 have a different time; 1 have a different mode; 1 have a different owner"
    )
    assert found["strangers"] == "1 files were restored that are not in the sample"


def test_names_are_told_to_nobody(restored: tuple[Path, Sample]) -> None:
    folder, sample = restored
    for path in (folder / "srv").iterdir():
        path.unlink()
    assert "srv" not in str(wrong(folder, sample))


def test_paths_go_to_restic_in_lists_that_a_program_can_take() -> None:
    paths = [f"/{'é' * 2000}/{number}" for number in range(400)]
    batches = list(_batches(paths))
    assert [path for batch in batches for path in batch] == paths
    assert len(batches) > 1
    assert max(sum(2 * len(path.encode()) for path in batch) for batch in batches) <= MOST_WORDS
    assert list(_batches([])) == []


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="sample is 0"):
        Options(sample=0)
