"""What no repository has any more is named by its set and file; what can still be read of it is kept."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from forged_blobs import forge
from healed import WORD, Site, held_by, hurt, records, said, site

from ops.restic import healing


@pytest.fixture
def ward(old_sets: Path, tmp_path: Path) -> Iterator[Site]:
    with site(old_sets, tmp_path) as one:
        yield one


def only_here(ward: Site, content: bytes) -> tuple[str, str]:
    """Back up a new file that is copied nowhere; return its set, and the pack that holds its content."""
    before = {*ward.packs()["data"]}
    (ward.machine.files / "pictures" / "new.txt").write_bytes(content)
    known = {*ward.sets()}
    try:
        assert ward.machine.seawall("backup", "pictures") == 0
    finally:
        (ward.machine.files / "pictures" / "new.txt").unlink()
    ward.keeper.seawall("repository", "scrub")
    packs = [path for path in ward.packs()["data"] if path not in before]
    return ({*ward.sets()} - known).pop(), max(packs, key=ward.size)


def test_what_is_nowhere_else_is_named_by_its_file(ward: Site):
    content = os.urandom(70_000)
    identity, pack = only_here(ward, content)
    names = hurt(ward, pack)
    code, text = said(ward, "--files", names, *WORD)
    assert code == 1
    told = text.partition("reading")[2]
    assert f"set {identity[:8]} of pictures" in told
    assert "/files/pictures/new.txt" in told
    assert "0.txt" not in told
    assert records(ward.machine.root)[-1]["facts"]["lost"] == [identity]
    ward.set_aside()
    assert ward.scrubbed() == {}
    assert failing(ward) == {identity}
    with redirect_stdout(StringIO()) as out:
        ward.machine.seawall("restore", "pictures", "--at", identity, "--to", "/nowhere", "--dry-run")
    assert "something of it is lost" in out.getvalue()
    (ward.machine.files / "pictures/new.txt").write_bytes(content)
    try:
        assert ward.machine.seawall("backup", "pictures") == 0
    finally:
        (ward.machine.files / "pictures/new.txt").unlink()
    assert said(ward)[0] == 0
    assert failing(ward) == set()
    ward.machine.restic("primary", "check", "--read-data")


def failing(ward: Site) -> set[str]:
    """The sets that `seawall snapshots` fails."""
    with redirect_stdout(StringIO()) as out:
        ward.machine.seawall("snapshots", "--json")
    return {one["set"] for one in json.loads(out.getvalue()) if one["verdict"] == "fail"}


def test_what_can_be_read_of_a_damaged_pack_is_kept(ward: Site):
    """Also where no other repository has it."""
    pack = ward.packs()["data"][0]
    held = [one.id for one in held_by(ward, pack)]
    shutil.rmtree(ward.machine.stored / "his1/offsite/snapshots")  # it has nothing to give
    (ward.machine.stored / "his1/offsite/snapshots").mkdir()
    code, text = said(ward, "--files", hurt(ward, pack), *WORD)
    assert code == 1
    assert text.partition("reading")[2].count("/files/documents/") == len(ward.sets()) - 1  # one file, in each set
    ward.set_aside()
    there = healing.known(ward.machine.place("primary").repository, held, timeout=60)
    assert len(there) == len(held) - 1
    # What is lost is there still where it came from: the next backup brings it, and the old sets are whole again.
    assert ward.machine.seawall("backup", "documents") == 0
    ward.machine.restic("primary", "check", "--read-data")


def test_another_repository_with_wrong_content_under_a_right_name_is_not_believed(ward: Site):
    pack = ward.packs()["data"][0]
    names = hurt(ward, pack)
    lost = _unreadable(ward, pack)
    forge(ward.machine, "offsite", lost)
    code, text = said(ward, "--files", names, *WORD)
    assert code == 1
    assert "not all of a snapshot could be read there" in text
    ward.set_aside()
    assert not healing.known(ward.machine.place("primary").repository, {lost}, timeout=60)


def _unreadable(ward: Site, pack: str) -> str:
    """The blob in the middle of a pack, where it was hurt."""
    middle, at = ward.size(pack) // 2, 0
    for one in held_by(ward, pack):
        at += one.size
        if at > middle:
            return one.id
    raise AssertionError("no blob lies there")
