"""What the tests of the control machine share."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def hospital(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an inventory like inventories/hospital, whose lines stay where the tests say they are."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(checkout / "tests/hospital", tmp_path / "inventory"))
