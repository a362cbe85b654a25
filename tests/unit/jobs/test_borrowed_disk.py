"""A disk of another machine is borrowed for a drill: one that arrived here for this machine's copies stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.core.errors import SeawallError, Unavailable
from ops.core.files import write_json
from ops.core.mounts import Mount
from ops.core.names import Digest
from ops.interfaces.disk import Arrived
from ops.jobs.disk import borrowed as job
from ops.jobs.disk.borrowed import Borrowed, borrowed

SOME = Digest("a" * 64)
Here = Callable[[str], Path]


@pytest.fixture
def policy(tmp_path: Path) -> Any:
    disks = SimpleNamespace(options=SimpleNamespace(path=str(tmp_path)))
    return SimpleNamespace(host="drill1", repositories={"disks": disks})


@pytest.fixture
def here(policy: Any, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Have a disk here, mounted to be read or written; return the file that says so."""

    def nothing(*_: object) -> None:
        raise Unavailable("nothing else is connected")

    def mounted(how: str) -> Path:
        disks = Borrowed(policy, "disks", policy.repositories["disks"].options, "his1")
        seen = Arrived(
            disk="red",
            serial="A1",
            repository=SOME,
            config=SOME,
            device="7:1",
            path="/dev/sda",
            part="/dev/sda1",
            when="2026-11-01T10:00:00Z",
        )
        write_json(disks.note, seen.written(), 0o644)
        found = [Mount(str(disks.mount_point), "/", "ext4", "/dev/sda1", (how,))]
        monkeypatch.setattr(job, "mounts", lambda: found, raising=False)
        return disks.note

    monkeypatch.setattr(job, "demand_root", lambda: None)
    monkeypatch.setattr(job, "cleared", lambda disks: disks.note.unlink(missing_ok=True))
    monkeypatch.setattr(job.repositories, "open_as_reader", nothing)
    monkeypatch.setattr(job, "_mounted", nothing)
    return mounted


def test_a_disk_that_arrived_is_not_taken_off_for_another_machine_s_drill(policy: Any, here: Here) -> None:
    note = here("rw")
    with (
        pytest.raises(Unavailable, match="red of drill1 is here, and did not leave"),
        borrowed(policy, "his1", "disks"),
    ):
        pass
    assert note.exists(), "it is still known to be here"


def test_what_a_killed_drill_left_is_taken_off(policy: Any, here: Here) -> None:
    note = here("ro")
    with pytest.raises(SeawallError, match="nothing else is connected"), borrowed(policy, "his1", "disks"):
        pass
    assert not note.exists()
