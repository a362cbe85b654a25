"""A snapshot before an update, on a btrfs of the kernel's; and what offers none is said by name."""

from pathlib import Path

import pytest
from mounted import btrfs, subvolume

from ops.core.subvolumes import is_snapshot
from ops.jobs.updates import snapshots


def test_a_snapshot_keeps_what_was_and_can_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with btrfs(tmp_path / "root"):
        root = tmp_path / "root"
        (root / "a.conf").write_text("of then\n")
        ((made, why),) = snapshots.made("20260115T120501Z", [str(root), str(root / "a.conf")])
        assert (made, why) == (root / ".seawall-before-update-20260115T120501Z", "")
        (root / "a.conf").write_text("of now\n")
        assert is_snapshot(made) and (made / "a.conf").read_text() == "of then\n"
        (again,) = snapshots.made("20260115T120501Z", [str(root)])
        assert again == (None, f"no snapshot of {root}: File exists")
        monkeypatch.setattr(snapshots, "ROOM", 1.0)
        ((none, full),) = snapshots.made("20260115T120502Z", [str(root)])
        assert none is None and "less than a tenth" in full
        snapshots.forget("20260115T120501Z", [str(root)])
        snapshots.remove(made)
        assert not made.exists()
        with pytest.raises(OSError, match="no snapshot of Seawall's"):
            snapshots.remove(subvolume(root / ".seawall-before-update-theirs"))


def test_what_offers_none_is_said(tmp_path: Path) -> None:
    ((made, why),) = snapshots.made("20260115T120501Z", ["/proc"])
    assert (made, why) == (None, "no snapshot of /proc: proc offers none here")
