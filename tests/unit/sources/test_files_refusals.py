"""What files are refused, what is warned of, and what the walk over them costs."""

import json
import os
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core.errors import Damaged, PolicyError, Unavailable, UsageError
from ops.core.quantity import Percent
from ops.core.schema import decode, encode
from ops.core.verdict import Verdict
from ops.interfaces.source import Amount, CaptureContext, Stored
from ops.sources._shared.exclude import demand_some_left, left_out
from ops.sources._shared.file_sample import choose
from ops.sources.files import FilesFacts, Options, capture, check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "source"
    place.mkdir()
    for number in range(4):
        (place / f"{number}.txt").write_text(f"content {number}")
    return place


def stored(place: Path) -> Stored:
    files = [path for path in place.rglob("*") if path.is_file()]
    entries = {str(path): (path.stat().st_size, path.stat().st_mtime_ns // 1000) for path in files}
    return Stored(len(files), sum(size for size, _ in entries.values()), entries)


def taken(options: Options, scene: CaptureContext, place: Path) -> FilesFacts:
    with capture(options, scene) as data:
        return data.finish(data.facts(), stored(place))


def test_a_place_where_nothing_is_mounted_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"nothing is mounted at {folder}\n"):
        taken(Options((str(folder),), mounted=(str(folder),)), CaptureContext(tmp_path), folder)
    assert taken(Options((str(folder),), mounted=("/proc",)), CaptureContext(tmp_path), folder).files == 4


def test_a_disk_that_goes_while_it_is_read_is_refused(folder: Path, tmp_path: Path) -> None:
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as data:
        seen = stored(folder)
        for path in folder.iterdir():
            path.unlink()
        with pytest.raises(Unavailable, match="is empty"):
            data.finish(data.facts(), seen)


def test_a_link_is_refused_and_its_target_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(Unavailable, match=f"is a link.*\n  use {folder} in"):
        taken(Options((str(tmp_path / "link"),)), CaptureContext(tmp_path), folder)


@pytest.mark.parametrize(
    "path", ["srv", "./srv", "~/documents", "/srv/../etc", "/srv/*", " /srv", "/srv ", "", "/a\nb"]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(PolicyError, match="expected an absolute path such as"):
        decode(Options, {"paths": [path]}, "options")


def test_a_path_is_kept_without_what_it_could_do_without() -> None:
    assert decode(Options, {"paths": ["/srv//a/./b/", "/"]}, "options").paths == ("/srv/a/b", "/")


@pytest.mark.parametrize("before", [Amount(9, 36), Amount(4, 73)])
def test_more_lost_than_allowed_is_refused_unless_a_person_accepts_it(
    folder: Path, tmp_path: Path, before: Amount
) -> None:
    options = Options((str(folder),))
    with pytest.raises(Damaged, match=r"4 files of 36 B are left of . files of .*the limit is 50%\n.*--accept-loss"):
        taken(options, CaptureContext(tmp_path, before), folder)
    facts = taken(options, CaptureContext(tmp_path, before, "moved to the archive"), folder)
    assert len(facts.warnings) == 1
    assert facts.warnings[0].endswith("accepted: moved to the archive")


@pytest.mark.parametrize("before", [Amount(), Amount(8, 72), Amount(1, 1)])
def test_less_lost_than_allowed_is_nothing_to_talk_of(folder: Path, tmp_path: Path, before: Amount) -> None:
    assert taken(Options((str(folder),)), CaptureContext(tmp_path, before), folder).warnings == ()


def test_the_policy_says_how_much_may_be_lost(folder: Path, tmp_path: Path) -> None:
    before = Amount(5, 36)
    with pytest.raises(Damaged, match="the limit is 10%"):
        taken(Options((str(folder),), may_lose=Percent(10)), CaptureContext(tmp_path, before), folder)
    assert (
        taken(Options((str(folder),), may_lose=Percent(100)), CaptureContext(tmp_path, Amount(500)), folder).files == 4
    )


def test_files_that_change_while_read_are_counted_and_not_named(folder: Path, tmp_path: Path) -> None:
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as data:
        seen = stored(folder)
        (folder / "1.txt").write_text("grown " * 10)
        (folder / "2.txt").unlink()
        facts = data.finish(data.facts(), seen)
    assert facts.warnings == ("2 of 4 sampled files changed while they were read",)


def test_names_that_are_not_text_are_counted_and_break_no_manifest(folder: Path, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("latin")
    sub = Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe"))
    sub.mkdir()
    (sub / "inside.txt").write_text("inside")
    facts = taken(Options((str(folder),)), CaptureContext(tmp_path), folder)
    assert facts.names_not_utf8 == 2
    assert len(facts.sample) == 4
    assert json.dumps(encode(facts), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("pattern", "path", "out"),
    [
        ("/srv/his/tmp", "/srv/his/tmp", True),
        ("/srv/his/tmp", "/srv/his/tmp/a/b", True),
        ("/srv/his/tmp", "/srv/his/tmpfile", False),
        ("/srv/his/tmp", "/mnt/srv/his/tmp", False),
        ("/proc/*", "/proc", False),
        ("/proc/*", "/proc/1/fd", True),
        ("*.tmp", "/srv/a.tmp", True),
        ("*.tmp", "/srv/a.tmp/b", True),
        ("*.tmp", "/srv/a.tmpx", False),
        ("his", "/srv/his/documents", True),
        ("a/b", "/srv/a/b/c", True),
        ("a/b", "/srv/a/x/b", False),
        ("/srv/*/b", "/srv/a/b", True),
        ("/srv/*/b", "/srv/a/x/b", False),
        ("/srv/**/b", "/srv/a/x/b", True),
        ("/srv/**/b", "/srv/b", True),
        ("/srv/[ab]?", "/srv/ax", True),
        ("/srv/[^ab]x", "/srv/ax", False),
        (r"/srv/\*", "/srv/x", False),
        (r"/srv/\*", "/srv/*", True),
        ("/srv/a/", "/srv/a/b", True),
        ("/srv/a.b", "/srv/axb", False),
    ],
)
def test_patterns_mean_what_they_mean_to_restic(pattern: str, path: str, out: bool) -> None:
    assert left_out([pattern])(path) is out


ALL_OF_ONE = ["his", "/srv", "/srv/*", "s?v", "/**/documents", "doc*", "/srv/his/documents/"]
ALL_IN_ONE = ["documents/*", "/srv/his/documents/*", "/srv/his/documents/?*", "documents/**/*", "/srv/his/*/*"]


@pytest.mark.parametrize("pattern", [*ALL_OF_ONE, *ALL_IN_ONE])
def test_a_pattern_that_leaves_out_a_whole_source_is_refused(pattern: str) -> None:
    paths = ["/var/data", "/srv/his/documents"]
    with pytest.raises(UsageError, match="excludes all of /srv/his/documents"):
        demand_some_left(paths, ["*.tmp", pattern])


@pytest.mark.parametrize("pattern", ["", "/", "!a", "./a", "**"])
def test_a_pattern_that_says_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="can't be used"):
        demand_some_left(["/srv"], [pattern])


def test_patterns_inside_a_source_are_fine(folder: Path, tmp_path: Path) -> None:
    demand_some_left([str(folder)], ["*.log", f"{folder}/cache", "/other/*"])
    demand_some_left([str(folder)], [f"{folder}/.*", f"{folder}/*.*", f"{folder}/[a-z]*", f"{folder}/*/*"])
    sample = choose([str(folder)], left_out(["1.txt", f"{folder}/2*"]))
    assert {path.name for path in sample.looks} == {"0.txt", "3.txt"}


def test_the_walk_over_very_many_files_keeps_few(tmp_path: Path) -> None:
    for name in ("many", "more"):
        (tmp_path / name).mkdir()
        for number in range(15_000):
            os.mknod(tmp_path / name / f"{number:030}")
    tracemalloc.start()
    try:
        sample = choose([str(tmp_path)], left_out(["*.tmp"]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(sample.looks) == 64
    assert peak < 1 << 20


def test_what_is_mounted_below_is_walked_past(tmp_path: Path) -> None:
    sample = choose(["/"], left_out(["/tmp"]), one_file_system=True)
    assert {path.stat().st_dev for path in sample.looks if path.exists()} <= {Path("/").stat().st_dev}


def test_a_sampled_file_that_differs_is_found(folder: Path, tmp_path: Path) -> None:
    facts = taken(Options((str(folder),)), CaptureContext(tmp_path), folder)
    restored = tmp_path / "restored"
    (restored / str(folder.parent).lstrip("/")).mkdir(parents=True)
    copy = restored / str(folder).lstrip("/")
    copy.symlink_to(folder)  # what is restored as a link is not what was backed up, wherever it leads
    assert check(restored, facts, ())[0][1].message == "4 of 4 sampled files differ"
    copy.unlink()
    shutil.copytree(folder, copy)
    assert check(restored, facts, ())[0][1].verdict is Verdict.PASS
    (copy / "0.txt").write_text("conten_ 0")
    assert check(restored, facts, ())[0][1].message == "1 of 4 sampled files differ"
    assert check(restored, facts, (str(folder / "1.txt"),))[0][1].verdict is Verdict.PASS


def test_where_no_sampled_file_was_restored_nothing_was_compared(folder: Path, tmp_path: Path) -> None:
    facts = taken(Options((str(folder),)), CaptureContext(tmp_path), folder)
    found = check(tmp_path, facts, (str(folder / "other"),))[0][1]
    assert (found.configured, found.verdict, found.message) == (
        False,
        Verdict.UNKNOWN,
        "not configured: none of the sampled files is among what was restored",
    )
    nothing = check(tmp_path, replace(facts, sample={}), ())[0][1]
    assert (nothing.configured, nothing.message) == (False, "not configured: the set has no digests")
