"""Mounts below what is backed up that refuse us or never answer: passed over and named; no backup fails or hangs."""

from __future__ import annotations

from pathlib import Path

import pytest
from mounted import fuse
from one_machine import Machine, set_policy

from ops.core.mounts import mounts
from ops.interfaces.manifest import read
from ops.restic.failures import Incomplete
from ops.restic.repository import Repository
from ops.restic.sets import MANIFEST, PART, SET
from ops.sources._shared.exclude import literally
from ops.sources.files import distant
from ops.sources.machine.system import never_entered

MINUTE = 60.0


def not_taken(machine: Machine, asset: str) -> tuple[str, ...]:
    """Return what the manifest of the newest set names as not taken."""
    snapshot = machine.state(f"backup-{asset}")["last_good"]["set"]
    repository = machine.place("primary").repository
    (kept,) = repository.snapshots([f"{SET}={snapshot},{PART}={MANIFEST}"])
    told = read(repository.read(kept.id, f"{kept.paths[0]}/manifest.json"), "manifest")
    return tuple(told.parts["all"].facts.not_taken)  # type: ignore[attr-defined] -- it is one of files


def test_files_are_taken_around_mounts_that_nobody_can_look_at(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(distant, "SECONDS", 0.3)
    documents = machine.files / "documents"
    refused, silent = documents / "far [1]*", documents / "deep/silent"
    with fuse(refused), fuse(silent, account=0, kind="fuse.rclone"):
        assert machine.seawall("backup", "documents") == 0
        assert machine.state("backup-documents")["verdict"] == "warn"
        said = capsys.readouterr().out
        assert f"{refused} (fuse.sshfs: an ordinary account mounted it)" in said
        assert f"{silent} (fuse.rclone: no answer within 0 s)" in said
        assert not_taken(machine, "documents") == (str(silent), str(refused))
    assert machine.seawall("backup", "documents") == 0
    assert machine.state("backup-documents")["verdict"] == "pass"
    assert not_taken(machine, "documents") == ()


def test_files_on_a_mount_that_does_not_answer_are_refused_at_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(distant, "SECONDS", 0.3)
    share = machine.files / "share"
    set_policy(machine, {"share": {"all": ("files", {"paths": [str(share / "scans")]})}})
    with fuse(share, account=0):
        assert machine.seawall("backup", "share") == 1
    assert f"{share} (fuse.sshfs) can't be looked at: no answer within 0 s" in capsys.readouterr().out


@pytest.mark.parametrize("account", [12_345, 0])
def test_a_file_system_is_taken_without_what_is_shown_below_it(
    repository: Repository, tmp_path: Path, account: int
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "letter").write_text("Dear")
    with fuse(source / "far", account):
        never = [place for place in never_entered(mounts(), ["/"]) if place.startswith(str(tmp_path))]
        assert never == [str(source / "far")]
        words = {"timeout": MINUTE, "one_file_system": True}
        made = repository.backup_paths([str(source)], [literally(place) for place in never], ["t=1"], "host", **words)
        assert made.files == 1
        if account:
            with pytest.raises(Incomplete):
                repository.backup_paths([str(source)], (), ["t=1"], "host", **words)
