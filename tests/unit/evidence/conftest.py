"""A ledger of real records, signed with a real key."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from records import body

from ops.evidence.ledger import NAME, Ledger


def make_key(folder: Path, name: str) -> Path:
    path = folder / name
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]
    subprocess.run(words, check=True)
    return path


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The machine's key, a stranger's, and the list of who may sign."""
    folder = tmp_path_factory.mktemp("keys")
    ours, stranger = make_key(folder, "ours"), make_key(folder, "stranger")
    signers = folder / "allowed_signers"
    public = ours.with_suffix(".pub").read_text()
    signers.write_text(f'his1 namespaces="seawall-ledger" {public}')
    return {"ours": ours, "stranger": stranger, "signers": signers}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("written") / "ledger"
    for number in range(1, 9):
        assert Ledger(folder, keys["ours"]).append(body(number)).n == number
    return folder


@pytest.fixture
def directory(tmp_path: Path, written: Path) -> Path:
    """A ledger of eight records."""
    return shutil.copytree(written, tmp_path / "ledger")


@pytest.fixture
def edit(directory: Path) -> Callable[[Callable[[list[bytes]], list[bytes]]], None]:
    """Change the lines as somebody would who can write the file."""

    def change(how: Callable[[list[bytes]], list[bytes]]) -> None:
        path = directory / NAME
        path.write_bytes(b"".join(how(path.read_bytes().splitlines(keepends=True))))

    return change
