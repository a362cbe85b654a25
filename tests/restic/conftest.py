"""The real restic on repositories in temporary folders."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.restic.repository import Repository

BIN = Path(__file__).parents[2] / ".cache" / "bin"


@pytest.fixture(autouse=True)
def real_restic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the restic that `make setup` fetched first on PATH; without one this ring has not been run."""
    if not (BIN / "restic").is_file():
        pytest.fail("restic 0.18 or newer is not there; `make setup` fetches it")
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Repository]:
    """A function that makes the files of a repository's secrets; the repository itself is not there yet."""
    authority = Path("/etc/ssl/certs/ca-certificates.crt")

    def build(name: str) -> Repository:
        (tmp_path / f"{name}.url").write_text(str(tmp_path / name))
        (tmp_path / f"{name}.password").write_text(f"password of {name}\n")
        return Repository(
            name=name,
            url=tmp_path / f"{name}.url",
            password=tmp_path / f"{name}.password",
            authority=authority,
            cache=tmp_path / "cache",
        )

    return build


@pytest.fixture(scope="session")
def empty_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository, made once: making one costs seconds of key derivation."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "password").write_text("password of primary\n")
    argv = [BIN / "restic", "-r", folder / "repository", "--password-file", folder / "password", "init"]
    subprocess.run(argv, check=True, capture_output=True)
    return folder / "repository"


@pytest.fixture
def repository(make: Callable[[str], Repository], empty_repository: Path, tmp_path: Path) -> Repository:
    """An empty repository of this test's own."""
    shutil.copytree(empty_repository, tmp_path / "primary")
    return make("primary")
