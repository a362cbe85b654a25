"""What the tests of the control machine share."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def hospital(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(checkout / "inventories/hospital", tmp_path / "inventory"))
