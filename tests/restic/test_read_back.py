"""Nothing counts until it was read back: a repository that has anything else than what was made is a failure."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from one_machine import Machine, afterwards

from ops.jobs.backup import job as backup
from ops.restic.messages import Snapshot
from ops.restic.repository import Repository
from ops.restic.sets import ASSET, MANIFEST, PART, SET

MINUTE = 60.0
Part = Callable[[str], Snapshot]


def newest(machine: Machine, repository: str, part: str) -> Snapshot:
    return machine.place(repository).repository.snapshots([f"{ASSET}=documents", f"{PART}={part}"])[-1]


def replaced(machine: Machine, repository: str, part: str, path: Path) -> None:
    """Put another snapshot in the place of a part's."""
    old = newest(machine, repository, part)
    machine.restic(repository, "forget", old.id)
    machine.place(repository).repository.backup_paths([str(path)], (), old.tags, "his1", timeout=MINUTE)


def other_file(machine: Machine) -> Path:
    path = machine.root / "another file"
    path.write_text("what nobody backed up")
    return path


def forged(machine: Machine) -> Path:
    """A manifest of another set, as long as that of the newest."""
    manifest = newest(machine, "offsite", MANIFEST)
    content = machine.place("offsite").repository.read(manifest.id, f"{manifest.paths[0]}/manifest.json")
    identity = str(json.loads(content)["set"])
    folder = machine.root / "run/seawall/forged"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(content.replace(identity.encode(), identity[::-1].encode()))
    return folder


def failed(machine: Machine, act: str) -> str:
    """Return why an act failed, of which no trace as a good one may be left."""
    state = machine.state(act)
    assert state["verdict"] == "fail"
    return str(state["message"])


def test_a_backup_that_is_not_in_the_repository_is_a_failure(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    good = machine.state("backup-documents")["last_good"]
    afterwards(
        monkeypatch,
        backup,
        "_store",
        lambda: machine.restic("primary", "forget", newest(machine, "primary", MANIFEST).id),
    )
    assert machine.seawall("backup", "documents") == 1
    assert "is not in repository primary" in failed(machine, "backup-documents")
    assert machine.state("backup-documents")["last_good"] == good


def test_a_backup_of_which_a_part_is_gone_is_a_failure(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = lambda: machine.restic("primary", "forget", newest(machine, "primary", "all").id)  # noqa: E731
    afterwards(monkeypatch, backup, "_store", gone)
    assert machine.seawall("backup", "documents") == 1
    assert "is not in repository primary" in failed(machine, "backup-documents")


def test_a_snapshot_that_is_not_the_one_that_was_made_is_a_failure(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = other_file(machine)
    afterwards(monkeypatch, backup, "_store", lambda: replaced(machine, "primary", "all", other))
    assert machine.seawall("backup", "documents") == 1
    assert "the snapshot of all in repository primary is not the one that was made" in failed(
        machine, "backup-documents"
    )


def test_a_backup_that_is_there_counts(machine: Machine) -> None:
    assert machine.seawall("backup", "documents") == 0
    good = machine.state("backup-documents")["last_good"]
    assert len(machine.place("primary").repository.snapshots([f"{SET}={good['set']}"])) == 2


@pytest.mark.parametrize("part", ["all", MANIFEST])
def test_a_copy_of_which_a_part_is_gone_is_a_failure(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    gone = lambda: machine.restic("offsite", "forget", newest(machine, "offsite", part).id)  # noqa: E731
    afterwards(monkeypatch, Repository, "copy_from", gone)
    assert machine.seawall("copy", "documents") == 1
    assert "in offsite is incomplete" in failed(machine, "copy-documents-offsite")
    assert machine.state("copy-documents-offsite")["last_good"] is None


def test_a_copy_that_is_not_what_was_copied_is_a_failure(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    other = other_file(machine)
    afterwards(monkeypatch, Repository, "copy_from", lambda: replaced(machine, "offsite", "all", other))
    assert machine.seawall("copy", "documents") == 1
    assert "the copy of all in offsite differs from the original" in failed(machine, "copy-documents-offsite")


def test_a_copy_whose_manifest_is_of_another_set_is_a_failure(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    afterwards(monkeypatch, Repository, "copy_from", lambda: replaced(machine, "offsite", MANIFEST, forged(machine)))
    assert machine.seawall("copy", "documents") == 1
    assert "the manifest in offsite belongs to another set" in failed(machine, "copy-documents-offsite")


def test_there_is_nothing_to_copy_before_the_first_whole_backup(machine: Machine) -> None:
    for asset in ("documents", "pictures"):
        machine.restic(
            "primary",
            "forget",
            "--tag",
            f"{ASSET}={asset},{PART}={MANIFEST}",
            "--keep-last",
            "0",
            "--unsafe-allow-remove-all",
        )
    assert machine.seawall("copy", "documents") == 1
    assert "repository primary has no complete set of documents" in failed(machine, "copy-documents-offsite")


def test_a_copy_to_where_none_goes_is_refused(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.seawall("copy", "documents", "--to", "tape") == 2
    assert "documents is not copied to tape" in capsys.readouterr().err


def test_the_newest_set_is_the_one_that_is_copied(machine: Machine) -> None:
    assert machine.seawall("backup", "documents") == 0
    assert machine.seawall("copy", "documents") == 0
    made = machine.state("backup-documents")["last_good"]["set"]
    assert machine.state("copy-documents-offsite")["last_good"]["set"] == made
