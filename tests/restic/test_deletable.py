"""Files that may be deleted: byte for byte in verified copies, on the real restic; every other file may not."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from exams import Exams, settle
from one_machine import Machine, damage

from ops.core import clock
from ops.core.names import Digest
from ops.interfaces.unread import Unread
from ops.jobs.copy import unread
from ops.restic.sets import ASSET, PART

COPY = "copy-exams-offsite"
DAY = timedelta(days=1)
LATE = "read back 31d ago, which is too long; --read reads these files there now"
# What an act remembers otherwise, and what is then missing of each file.
REMEMBERED: dict[str, tuple[str, Callable[[], dict[str, object]], str]] = {
    "ahead": (
        COPY,
        lambda: {"copied": clock.iso(clock.now() + DAY)},
        "its last good run is dated in the future: a clock was wrong (offsite)",
    ),
    "elsewhere": (COPY, lambda: {"repository": "elsewhere"}, "no good set is known there (offsite)"),
    "another set": (COPY, lambda: {"set": "0" * 8}, "set 00000000 is not there any more (offsite)"),
    "copied long ago": (COPY, lambda: {"copied": clock.iso(clock.now() - 31 * DAY)}, f"{LATE} (offsite)"),
    "backed up long ago": ("backup-exams", lambda: {"time": clock.iso(clock.now() - 31 * DAY)}, f"{LATE} (primary)"),
}


@contextmanager
def otherwise(exams: Exams, act: str) -> Iterator[Path]:
    """Yield the state of an act, which is as it was when the block ends."""
    path = exams.machine.root / f"var/lib/seawall/state/{act}.json"
    before = path.read_text()
    try:
        yield path
    finally:
        path.write_text(before)


@pytest.mark.parametrize("case", REMEMBERED)
def test_a_set_that_no_act_found_good_of_late_does_not_count(kept_exams: Exams, case: str) -> None:
    act, facts, why = REMEMBERED[case]
    with otherwise(kept_exams, act) as path:
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "last_good": {**state["last_good"], **facts()}}))
        assert set(kept_exams.missing().values()) == {why}
        if why.startswith(LATE):
            assert set(kept_exams.missing(more=("--read",)).values()) == {""}


def test_a_copy_that_is_damaged_or_not_read_back_does_not_count(kept_exams: Exams) -> None:
    with otherwise(kept_exams, COPY) as path:
        path.write_text(json.dumps({**json.loads(path.read_text()), "damaged": True}))
        assert set(kept_exams.missing().values()) == {"data there were found damaged since the last good set (offsite)"}
    unread.keep(COPY, Unread("offsite", names=frozenset({Digest.parse("0" * 64)})))
    assert set(kept_exams.missing().values()) == {"the copy is not read back yet (offsite)"}
    unread.keep(COPY, Unread("offsite"))
    assert set(kept_exams.missing().values()) == {""}


def test_a_repository_out_of_reach_or_in_doubt_does_not_count(exams: Exams) -> None:
    exams.kept()
    machine, place = exams.machine, exams.machine.root / "etc/seawall/credentials/offsite.url"
    there = place.read_text()
    place.write_text(re.sub(r":\d+/", ":1/", there))
    assert "offsite" in exams.missing()["a.dcm"]
    place.write_text(there)
    assert exams.missing()["a.dcm"] == ""
    known = machine.place("offsite").repository.snapshots([f"{ASSET}=exams"])
    first = next(one for one in known if one.tag(PART) == "all")
    machine.place("offsite").repository.backup_paths([str(exams.folder)], (), first.tags, "his1", timeout=60)
    assert "comes twice" in exams.missing()["a.dcm"]
    machine.restic("offsite", "forget", *(one.id for one in known))
    assert "offsite" in exams.missing()["a.dcm"]


def wanted(machine: Machine, **demand: object) -> None:
    """Change what the policy demands of the asset."""
    path = machine.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    policy["assets"]["exams"]["deletable"] = demand
    path.write_text(json.dumps(policy))


def test_a_changed_file_stays_though_its_size_and_times_are_as_before(exams: Exams) -> None:
    exams.file("touched")
    exams.file("cut")
    exams.kept()
    path = exams.folder / "a.dcm"
    seen = path.stat()
    damage(path)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)
    with (exams.folder / "2019/b.dcm").open("ab") as file:
        file.write(b"!")
    os.truncate(exams.folder / "cut", 2999)
    os.utime(exams.folder / "touched")
    settle(exams.folder / "touched")
    changed = "changed after its backup (primary, offsite)"
    assert exams.missing() == {"a.dcm": changed, "2019/b.dcm": changed, "cut": changed, "touched": ""}
    assert exams.missing(more=("--read",)) == {"a.dcm": changed, "2019/b.dcm": changed, "cut": changed, "touched": ""}


def test_odd_names_links_and_whatever_is_no_file(exams: Exams) -> None:
    for name in ("a\nb", "[a]*?", "!x", "\\", "caf\udce9", "z\udcfe", "z\udcff", "left.tmp", "was", "$HOME"):
        exams.file(name)
    os.link(exams.folder / "a.dcm", exams.folder / "2019/second")
    exams.kept()
    (exams.folder / "link").symlink_to("a.dcm")
    (exams.folder / "was").unlink()
    os.mkfifo(exams.folder / "was")  # restic would wait for ever for somebody to write
    os.link(exams.folder / "[a]*?", exams.folder / "third")
    missing = exams.missing()
    alike = "its name can't be told from that of another file (primary, offsite)"
    assert missing.pop("left.tmp") == "left out by a pattern of exams (primary, offsite)"
    assert missing.pop("z\udcfe") == missing.pop("z\udcff") == alike
    assert missing.pop("third") == "not in its newest verified set (primary, offsite)"
    settle(exams.folder / "third")
    assert {name for name, why in exams.missing().items() if not why} == {
        *("a.dcm", "2019/b.dcm", "2019/second", "a\nb", "[a]*?", "!x", "\\", "caf\udce9", "$HOME")
    }
    _, told = exams.say(exams.folder)
    assert {Path(path).name: why for path, why in told["passed"].items()} == {
        "link": "a link, and only plain files are deleted",
        "was": "a pipe, and only plain files are deleted",
    }
    code, told = exams.say(exams.folder, "--delete", "--confirm", "exams")
    assert (code, told["files"], told["left"]) == (1, 9, 0)
    left = ["2019", "left.tmp", "link", "third", "was", "z\udcfe", "z\udcff"]
    assert sorted(path.name for path in exams.folder.rglob("*")) == left
    assert exams.say(exams.folder / "link")[0] == 2


def test_the_policy_says_how_many_copies_and_where(kept_exams: Exams) -> None:
    for demand, good in (({"copies": 1, "elsewhere": 0}, True), ({"copies": 3}, False), ({"elsewhere": 2}, False)):
        wanted(kept_exams.machine, **demand)
        assert {not why for why in kept_exams.missing().values()} == {good}, demand
    assert "the policy demands 2, 2 of them elsewhere" in kept_exams.missing()["a.dcm"]
    wanted(kept_exams.machine, elsewhere=0)
    (kept_exams.machine.stored / "his1/offsite").rename(kept_exams.machine.root / "away")
    assert "offsite" in kept_exams.missing()["a.dcm"]
    wanted(kept_exams.machine, copies=1, elsewhere=1)
    assert "offsite" in kept_exams.missing()["a.dcm"]
    wanted(kept_exams.machine, copies=1, elsewhere=0)
    assert kept_exams.missing()["a.dcm"] == ""
    (kept_exams.machine.root / "away").rename(kept_exams.machine.stored / "his1/offsite")
    wanted(kept_exams.machine)


def test_bytes_that_a_disk_changed_are_found_by_reading_them(exams: Exams) -> None:
    before = exams.machine.packs("offsite")
    exams.kept()
    assert exams.missing(more=("--read",)) == {"a.dcm": "", "2019/b.dcm": ""}
    assert exams.missing(exams.folder / "a.dcm", more=("--read",)) == {"a.dcm": ""}
    for name, path in exams.machine.packs("offsite").items():
        if name not in before:
            damage(path)
    shutil.rmtree(exams.machine.root / "var/cache/seawall", ignore_errors=True)
    assert "" not in exams.missing(more=("--read",)).values()


def test_files_that_no_set_holds_as_they_lie(kept_exams: Exams, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("of nobody")
    code, told = kept_exams.say(outside)
    assert code == 1
    assert told["files"][0]["missing"].startswith("below no path of an asset's source of the kind files")
    (tmp_path / "way").symlink_to(kept_exams.folder)
    assert kept_exams.say(tmp_path / "way/a.dcm")[0] == 0  # of a path only the last name may not be a link
    assert kept_exams.say(tmp_path / "way")[0] == kept_exams.say(tmp_path / "nothing")[0] == 2
    assert kept_exams.say(kept_exams.folder / "2019/..")[1]["summary"]["deletable"] == 2
