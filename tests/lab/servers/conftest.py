"""Throwaway servers in the bare trees of Debian's releases, as a drill starts them: no machine is needed for it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hospital import CHECKOUT, one_at_a_time

from ops.fleet.packaging import root_trees


@pytest.fixture(scope="session")
def packed() -> Path:
    """The folder with the packed trees of the releases that drills can start servers of."""
    with one_at_a_time():
        for release in root_trees.DRILL_TREES:
            root_trees.make(release)
    return CHECKOUT / ".cache/trees"


@pytest.fixture(scope="session")
def tree(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """A function that unpacks the bare tree of a release, once."""
    folder = tmp_path_factory.mktemp("trees")
    yield lambda release: folder / release if (folder / release).exists() else unpacked(packed, folder / release)
    shutil.rmtree(folder)


def unpacked(packed: Path, folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["tar", "-xzf", packed / f"{folder.name}.tar.gz", "-C", folder], check=True)
    return folder
