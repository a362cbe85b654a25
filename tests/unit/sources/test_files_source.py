import os
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.interfaces.source import CaptureContext, Stored
from ops.sources._shared.exclude import left_out
from ops.sources._shared.file_sample import SAMPLE, choose
from ops.sources.files import Options, capture


def source(tmp_path: Path, files: int = 5) -> Path:
    folder = tmp_path / "source"
    (folder / "deep").mkdir(parents=True)
    for number in range(files):
        (folder / "deep" / f"{number} žluť.txt").write_text(f"content {number}")
    return folder


def stored(folder: Path) -> Stored:
    """What a repository would list that took the folder as it is now."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    entries = {str(path): (path.stat().st_size, path.stat().st_mtime_ns // 1000) for path in files}
    return Stored(len(files), sum(size for size, _ in entries.values()), entries)


def test_a_sample_of_quiet_files_gets_its_digests(tmp_path: Path) -> None:
    folder = source(tmp_path)
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken:
        facts = taken.finish(taken.facts(), stored(folder))
    assert facts.files == 5
    assert len(facts.sample) == 5
    assert facts.changed_while_read == ()


def test_a_file_that_changes_while_read_is_named_and_leaves_the_sample(tmp_path: Path) -> None:
    folder = source(tmp_path)
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken:
        seen = stored(folder)
        changed = folder / "deep" / "0 žluť.txt"
        changed.write_text("something else")
        facts = taken.finish(taken.facts(), seen)
    assert facts.changed_while_read == (str(changed),)
    assert str(changed) not in facts.sample


def test_a_file_that_the_snapshot_has_differently_is_named(tmp_path: Path) -> None:
    folder = source(tmp_path)
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken:
        seen = stored(folder)
        other = folder / "deep" / "1 žluť.txt"
        entries = {**seen.entries, str(other): (1, 1)}
        facts = taken.finish(taken.facts(), Stored(seen.files, seen.bytes, entries))
    assert facts.changed_while_read == (str(other),)


def test_a_file_that_a_pattern_leaves_out_is_no_change(tmp_path: Path) -> None:
    folder = source(tmp_path)
    left_out = folder / "deep" / "2 žluť.txt"
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken:
        seen = stored(folder)
        entries = {path: entry for path, entry in seen.entries.items() if path != str(left_out)}
        facts = taken.finish(taken.facts(), Stored(4, seen.bytes, entries))
    assert facts.changed_while_read == ()
    assert len(facts.sample) == 4


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"nowhere is not there\n  is its disk mounted"):
        with capture(Options((str(tmp_path / "nowhere"),)), CaptureContext(tmp_path)):
            pass


def test_a_path_that_vanishes_while_read_is_refused(tmp_path: Path) -> None:
    folder = source(tmp_path, files=1)
    with pytest.raises(Unavailable, match="is not there"):
        with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken:
            seen = stored(folder)
            (folder / "deep" / "0 žluť.txt").unlink()
            (folder / "deep").rmdir()
            folder.rmdir()
            taken.finish(taken.facts(), seen)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unavailable, match="is empty"):
        with capture(Options((str(tmp_path / "empty"),)), CaptureContext(tmp_path)):
            pass


def test_a_snapshot_without_files_is_refused(tmp_path: Path) -> None:
    folder = source(tmp_path)
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken, pytest.raises(Damaged, match="no file"):
        taken.finish(taken.facts(), Stored(0, 0, {}))


def test_the_sample_has_a_limit_and_chance_decides(tmp_path: Path) -> None:
    folder = source(tmp_path, files=200)
    first, second = (choose([str(folder)], left_out(())).looks for _ in range(2))
    assert len(first) == SAMPLE
    assert first != second


def test_pipes_and_links_are_not_sampled(tmp_path: Path) -> None:
    folder = source(tmp_path, files=1)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("nowhere")
    with capture(Options((str(folder),)), CaptureContext(tmp_path)) as taken:
        assert taken.finish(taken.facts(), stored(folder)).sample.keys() == {str(folder / "deep" / "0 žluť.txt")}
