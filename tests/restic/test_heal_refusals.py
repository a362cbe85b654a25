"""Healing changes nothing that is well, believes nobody, names what can't come back, and goes on after a kill."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from healed import WORD, Site, flip, held_by, hurt, records, said, site
from killing import COMMAND, adopting, end
from one_machine import afterwards

from ops.keeper import aside, spares
from ops.restic import healing


@pytest.fixture
def ward(old_sets: Path, tmp_path: Path) -> Iterator[Site]:
    with site(old_sets, tmp_path) as one:
        yield one


def test_a_repository_that_is_well_is_left_as_it_is(ward: Site):
    before = ward.digests()
    names = ward.machine.root / "all"
    names.write_text("".join(f"{path}\n" for path in before if path != "config"))
    for words in [(), ("--read",), ("--files", names)]:
        code, text = said(ward, *words, *WORD)
        assert (code, text.splitlines()[-1]) == (0, "nothing to do")
    assert ward.keeper.seawall("heal", "--of", "his1", *WORD) == 0
    assert ward.digests() == before
    assert ward.scrubbed() == {}
    assert records(ward.machine.root) == records(ward.keeper.root) == []
    assert not (ward.keeper.root / "srv/seawall/.aside").exists()


def test_a_dry_run_tells_all_and_changes_nothing(ward: Site):
    pack = ward.packs()["data"][0]
    names = hurt(ward, pack)
    before, (code, text) = ward.digests(), said(ward, "--files", names, "--dry-run")
    assert code == 0
    held = len(held_by(ward, pack))
    assert f"it held {held} blobs" in text
    assert f"of which offsite has {held}" in text
    assert "of documents of" in text
    assert "/files/documents/0.txt" in text
    assert ward.digests() == before
    assert records(ward.machine.root) == []


def test_what_a_server_finds_itself_needs_no_names(ward: Site):
    packs, index = ward.packs(), next(iter(ward.files("index")))
    (ward.keeper.repository / packs["data"][0]).unlink()
    flip(ward.keeper.repository / index)
    flip(ward.keeper.repository / packs["tree"][0])
    assert said(ward, "--dry-run")[1].count(" of which offsite has ") == 1
    code, text = said(ward, "--read", *WORD)
    assert code == 0
    assert all(f"{path} is not" in text for path in (packs["data"][0], packs["tree"][0], index))
    ward.set_aside()
    ward.machine.restic("primary", "check", "--read-data")


def test_a_person_has_to_say_why_and_who_allowed_it(ward: Site):
    before = ward.digests()
    names = hurt(ward, ward.packs()["data"][0])
    assert said(ward, "--files", names, "--reason", "x")[0] == 2
    assert said(ward, "--files", names, "--approver", "x")[0] == 2
    flip(ward.keeper.repository / next(iter(ward.files("keys"))))
    assert ward.keeper.seawall("heal", "--of", "his1", "--reason", "x") == 2
    assert before.keys() == ward.digests().keys()
    assert records(ward.machine.root) == records(ward.keeper.root) == []


def test_both_sides_record_it(ward: Site):
    pack = ward.packs()["data"][0]
    hurt(ward, pack)
    assert ward.heal_all() == 0
    (record,) = records(ward.machine.root)
    facts = record["facts"]
    assert (facts["repository"], facts["source"], facts["damaged"]) == ("primary", "offsite", 1)
    assert (facts["reason"], facts["approver"]) == (WORD[1], WORD[3])
    assert facts["sets"]
    assert "documents" not in json.dumps(record)  # no paths of anybody's files
    (aside,) = records(ward.keeper.root)
    assert aside["facts"]["approver"] == WORD[3]
    assert (ward.keeper.root / "srv/seawall/.aside/his1" / aside["facts"]["aside"] / pack).is_file()


def test_a_backup_host_that_stores_nothing_is_found_out(ward: Site, monkeypatch: pytest.MonkeyPatch):
    names = hurt(ward, ward.packs()["data"][0])
    before = {*ward.files("data")}

    def forget() -> None:
        for path in {*ward.files("data")} - before:
            (ward.keeper.repository / path).unlink()

    afterwards(monkeypatch, healing, "bring", forget)
    assert said(ward, "--files", names, *WORD)[0] == 1
    monkeypatch.undo()
    assert "which was just stored, is not there" in records(ward.machine.root)[-1]["message"]


def test_a_repository_that_an_intruder_has_replaced_gets_nothing(ward: Site, tmp_path: Path):
    other = tmp_path / "other"
    (tmp_path / "password").write_text("another one\n")
    words = ["restic", "--no-cache", "-r", other, "--password-file", tmp_path / "password", "init"]
    subprocess.run(words, check=True, capture_output=True)
    names = hurt(ward, ward.packs()["data"][0])
    for entry in [*ward.keeper.repository.iterdir()]:
        entry.rename(tmp_path / f"gone-{entry.name}")
    for entry in [*other.iterdir()]:
        shutil.move(entry, ward.keeper.repository)
    before = ward.digests()
    assert said(ward, "--files", names, *WORD)[0] == 1
    assert ward.digests() == before


def test_a_server_that_names_what_is_well_moves_nothing(ward: Site):
    names = ward.machine.root / "wrong"
    newest = max(ward.files("index").items(), key=lambda one: one[1].stat().st_mtime_ns)[0]
    snapshot, key = (next(iter(ward.files(sort))) for sort in ("snapshots", "keys"))
    before = ward.digests()
    for path in (ward.packs()["data"][0], newest, snapshot, key):
        names.write_text(f"{path}\n")
        assert ward.keeper.seawall("heal", "--of", "his1", "--files", str(names), *WORD) == 2
    names.write_text("".join(f"{path}\n" for path in ward.files("index")))
    assert ward.keeper.seawall("heal", "--of", "his1", "--files", str(names), *WORD) == 2
    names.write_text("../../etc/passwd\n")
    assert ward.keeper.seawall("heal", "--of", "his1", "--files", str(names), *WORD) == 2
    assert ward.machine.seawall("heal", "primary", "--files", names, *WORD) == 2
    assert ward.digests() == before


def test_nothing_may_be_set_aside_before_all_came_back(ward: Site):
    assert ward.machine.seawall("heal", "primary", "--names") == 2


STEPS = ("storing anew", "making the index anew", "bringing what is missing", "reading")


def test_whoever_is_killed_at_any_step_goes_on(ward: Site, tmp_path: Path):
    packs, sets = ward.packs(), ward.sets()
    chosen = [*packs["data"][:2], packs["tree"][0], next(iter(ward.files("index")))]
    for path in chosen[:-1]:
        flip(ward.keeper.repository / path)
    (ward.keeper.repository / chosen[-1]).unlink()
    assert ward.scrubbed().keys() == {*chosen}
    names = ward.names(ward.keeper, "--of", "his1")
    with adopting():
        for step in STEPS:
            killed_at(step, [*COMMAND, "heal", "primary", "--files", str(names), *WORD])
        code, _ = said(ward, "--files", names, *WORD)
    assert code == 0
    ward.set_aside()
    assert ward.scrubbed() == {}
    assert ward.sets() == sets
    ward.machine.restic("primary", "check", "--read-data")
    assert [one["result"] for one in records(ward.machine.root)] == ["unknown"] * len(STEPS) + ["pass"]


def test_a_backup_host_that_is_killed_goes_on(ward: Site, monkeypatch: pytest.MonkeyPatch):
    before, (key,) = ward.digests(), ward.files("keys")
    chosen = [key, *ward.files("snapshots")][:2]
    for path in chosen:
        flip(ward.keeper.repository / path)
    assert ward.scrubbed().keys() == {*chosen}

    def stop() -> None:
        raise KeyboardInterrupt

    for name, owner in {"damaged": aside, "put": spares}.items():
        afterwards(monkeypatch, owner, name, stop)
        assert ward.keeper.seawall("heal", "--of", "his1", *WORD) not in (0, 1)
        monkeypatch.undo()
    assert ward.keeper.seawall("heal", "--of", "his1", *WORD) == 0
    assert ward.digests() == before
    assert ward.scrubbed() == {}
    (ward.keeper.repository / key).unlink()  # what was healed once is missed when it is lost
    assert ward.scrubbed().keys() == {key}


def killed_at(step: str, argv: list[str]) -> None:
    """Run a command, and kill it with all that it started when it says that it begins a step."""
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert any(line.startswith(step) for line in process.stdout), step
    end(process.pid, alone=False)
    process.wait()
    process.stdout.close()
