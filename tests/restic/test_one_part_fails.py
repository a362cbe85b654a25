"""Of a source that stands for several, one that cannot be captured is missing; the others are stored and count."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from one_machine import Machine, set_policy

from ops.restic.sets import ASSET, sets
from ops.sources import files

NAMES = ("first", "second", "third")


@pytest.fixture
def wards(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders that are one source, each a part of its own, as the databases of a server are."""
    folder = tmp_path / "wards"
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        (folder / name / "beds").write_text(f"the beds of {name}\n")

    def parts(options: files.Options) -> Mapping[str, files.Options]:
        return {Path(path).name: replace(options, paths=(path,)) for path in options.paths}

    several = replace(files.KIND, parts=parts)
    monkeypatch.setattr(files, "KIND", several)
    set_policy(machine, {"wards": {"ward": ("files", {"paths": [str(folder / name) for name in NAMES]})}})
    return folder


def newest(machine: Machine) -> set[str]:
    """Return the parts of the newest set; it is complete."""
    one = sets(machine.place("primary").repository.snapshots([f"{ASSET}=wards"]), "wards")[-1]
    assert one.complete
    return set(one.parts)


def test_the_others_are_stored_and_count_and_the_missing_one_is_told(
    machine: Machine, wards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine.seawall("backup", "wards") == 0
    assert newest(machine) == {"ward.first", "ward.second", "ward.third", "manifest"}
    whole = machine.state("backup-wards")["last_good"]
    shutil.move(wards / "second", tmp_path / "aside")
    assert machine.seawall("backup", "wards") == 0
    assert newest(machine) == {"ward.first", "ward.third", "manifest"}
    state = machine.state("backup-wards")
    assert state["verdict"] == "warn"
    assert "ward.second is missing: " in state["message"]
    told = state["last_good"]["missing"]["ward.second"]
    assert told["since"] == whole["time"]
    assert told["last"] == whole["parts"]["ward.second"]
    assert machine.seawall("backup", "wards") == 0  # what is remembered of it outlives the set that had it
    again = machine.state("backup-wards")["last_good"]["missing"]["ward.second"]
    assert (again["since"], again["last"]) == (told["since"], told["last"])
    assert machine.seawall("copy", "wards") == 0
    capsys.readouterr()
    assert machine.seawall("restore", "wards", "--to", tmp_path / "back") == 0
    assert "the set does not hold ward.second: " in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["ward.first", "ward.third"]
    assert machine.seawall("restore", "wards", "--part", "ward.second", "--to", tmp_path / "one") == 2
    said = capsys.readouterr().err
    assert f"--at {whole['set'][:8]} restores it" in said
    assert (
        machine.seawall("restore", "wards", "--at", whole["set"][:8], "--part", "ward.second", "--to", tmp_path / "one")
        == 0
    )
    shutil.move(tmp_path / "aside", wards / "second")
    assert machine.seawall("backup", "wards") == 0
    assert machine.state("backup-wards")["verdict"] == "pass"
    assert "missing" not in machine.state("backup-wards")["last_good"]


def test_where_none_can_be_captured_the_backup_fails(machine: Machine, wards: Path) -> None:
    shutil.rmtree(wards)
    assert machine.seawall("backup", "wards") == 1
    assert machine.state("backup-wards")["verdict"] == "fail"
    assert not sets(machine.place("primary").repository.snapshots([f"{ASSET}=wards"]), "wards")
