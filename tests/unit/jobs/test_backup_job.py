"""What a backup demands of itself before it counts. With real repositories: tests/restic."""

from pathlib import Path
from typing import cast

import pytest

from ops.core.errors import Damaged
from ops.interfaces.manifest import LIMITS, Manifest
from ops.jobs.backup.capture import Act
from ops.jobs.backup.job import _store


def test_a_manifest_that_no_restore_could_read_is_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    words = "x" * (LIMITS.text + 1)
    manifest = Manifest("1", "his", "his1", "2026-11-22T01:00:00Z", words, "0.18", {})
    with pytest.raises(Damaged, match="of the new set: the text 'xxx"):
        _store(cast(Act, None), manifest, {})
    assert not list(tmp_path.iterdir())
