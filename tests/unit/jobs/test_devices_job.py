"""Root's look at the devices: each is asked, one that is silent hides no other, and the file is root's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.cli import run
from ops.interfaces.devices import read
from ops.jobs.devices import look

SCAN = {
    "devices": [
        {"name": "/dev/sda", "type": "sat"},
        {"name": "/dev/bus/0", "type": "megaraid,4"},
        {"name": "/dev/bus/0", "type": "megaraid,5"},
        {"name": "/dev/nvme0", "type": "nvme"},
        {"name": "/dev/../etc/shadow", "type": "sat"},
        {"name": "--all", "type": "sat"},
        {"name": "/dev/sdq", "type": "sat --all"},
        "rubbish",
    ]
}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A smartctl that tells by which words it was called, and hangs on one disk no longer than it is given."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path / "root"))
    (tmp_path / "scan").write_text(json.dumps(SCAN))
    program = tmp_path / "smartctl"
    program.write_text(
        f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\ncase "$*" in\n*--scan-open*) cat {tmp_path}/scan;;\n'
        '*nvme0*) exec yes;;\n*) echo \'{"asked": "\'"$*"\'"}\'; exit 4;;\nesac\n'
    )
    program.chmod(0o755)
    return tmp_path


def test_every_disk_is_asked_and_one_that_talks_without_end_hides_no_other(programs: Path) -> None:
    seen = look()
    assert list(seen.disks) == ["/dev/sda", "/dev/bus/0 megaraid,4", "/dev/bus/0 megaraid,5"]
    assert "--device=megaraid,5 /dev/bus/0" in seen.disks["/dev/bus/0 megaraid,5"]
    assert [trouble.partition(":")[0] for trouble in seen.troubles] == ["/dev/nvme0"]
    assert seen.pools == ""
    asked = (programs / "asked").read_text()
    assert "shadow" not in asked
    assert "sdq" not in asked


def test_what_was_seen_is_written_and_read_again(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["devices", "--dry-run"]) == 1
    file = programs / "root/var/lib/seawall-devices/devices.json"
    assert not file.exists()
    (programs / "zpool").write_text("#!/bin/sh\nprintf 'tank\\t41\\tONLINE\\n'\n")
    (programs / "zpool").chmod(0o755)
    assert run(["devices"]) == 1, "a disk could not be asked"
    assert "3 disks, 1 pool of ZFS" in capsys.readouterr().out
    assert read(file.read_bytes(), "x").pools == "tank\t41\tONLINE\n"
    assert file.stat().st_mode & 0o777 == 0o640


def test_without_smartctl_it_is_said(programs: Path) -> None:
    (programs / "smartctl").unlink()
    seen = look()
    assert (seen.disks, [*seen.troubles]) == ({}, ["program not found: smartctl"])


def test_a_scan_that_cannot_be_read_is_said(programs: Path) -> None:
    for text in ("", "[]", "{}", '{"devices": 4}'):
        (programs / "scan").write_text(text)
        assert look().disks == {}
