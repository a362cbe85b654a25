"""A machine that fills its quota, with the real rest-server as the client's unit runs it, and the real restic."""

import base64
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cheap_key import cheapen
from one_machine import BACKED_UP, BIN, copied
from one_machine import served as served_all

from ops import cli
from ops.keeper.quota import LEAST
from ops.restic.failures import NoRoom
from ops.restic.repository import Repository

CHECKOUT = Path(__file__).parents[2]
MIB = 1 << 20
PASSWORD = "password of a client"
AUTHORITY = Path("/etc/ssl/certs/ca-certificates.crt")  # restic reads it also where it needs none


@dataclass(frozen=True)
class Client:
    """A machine and its repository. folder: of the repository, at the backup host."""

    name: str
    folder: Path
    repository: Repository


@contextmanager
def served(base: Path, name: str, template: Path, quota: int | None) -> Iterator[Client]:
    """Run a client's server for a block, as its unit does: at a socket that is there already."""
    etc = base / "etc" / name
    folder = base / "stored" / name
    if not folder.exists():
        etc.mkdir(parents=True)
        folder.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", template, folder], check=True)
        (etc / "password").write_text(PASSWORD)
        account = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
        (etc / "accounts").write_text(f"{name}:{{SHA}}{account}\n")
    (etc / "socket").unlink(missing_ok=True)
    (etc / "url").write_text(f"rest:http+unix://{name}:secret@{etc / 'socket'}:/{name}/")
    words = ["repository", "serve", name, "--folder", base / "stored", "--accounts", etc / "accounts"]
    words += ["--quota", str(quota)] if quota else []
    with socket.socket(socket.AF_UNIX) as door, (etc / "said").open("w") as said:
        door.bind(str(etc / "socket"))
        door.listen()
        handed = f'exec 3<&{door.fileno()}; exec "$@"'  # as systemd hands a socket over
        argv = ["bash", "-c", handed, "bash", sys.executable, "-m", "ops", *map(str, words)]
        env = {**os.environ, "LISTEN_FDS": "1"}
        with subprocess.Popen(
            argv, cwd=CHECKOUT, env=env, pass_fds=[door.fileno()], stdout=said, stderr=subprocess.STDOUT
        ) as server:
            try:
                yield Client(name, folder, Repository(name, etc / "url", etc / "password", AUTHORITY))
            finally:
                server.terminate()
                assert server.wait(30) == 0, (etc / "said").read_text()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "password").write_text(PASSWORD)
    words = [BIN / "restic", "-r", folder / "repository", "--password-file", folder / "password", "init"]
    subprocess.run(words, check=True, capture_output=True)
    cheapen(folder / "repository", PASSWORD)
    return folder / "repository"


def random_files(folder: Path, *sizes: int) -> Path:
    """Make a folder with files that can't be compressed."""
    folder.mkdir()
    for number, size in enumerate(sizes):
        (folder / str(number)).write_bytes(os.urandom(size))
    return folder


def refused(client: Client, files: Path) -> str:
    """Back up what there is no room for; return what is said."""
    with pytest.raises(NoRoom) as caught:
        stored(client, files)
    assert caught.value.hint
    return str(caught.value)


def stored(client: Client, files: Path) -> str:
    """Back up a folder; return the id of its snapshot."""
    return client.repository.backup_paths([str(files)], [], ["all"], client.name, timeout=100).snapshot


def uploads(client: Client) -> list[Path]:
    """Return what is left of uploads."""
    return list(client.folder.rglob("*.rest-server-temp*"))


def test_who_fills_a_quota_is_told_and_reads_on(template: Path, tmp_path: Path):
    small, large = random_files(tmp_path / "small", 4 * MIB), random_files(tmp_path / "large", 60 * MIB)
    with served(tmp_path, "his1", template, 30 * MIB) as client:
        snapshot = stored(client, small)
        said = refused(client, large)
        assert "507 Insufficient Storage" in said
        assert "this machine's quota there" in said
        client.repository.restore(snapshot, tmp_path / "out", timeout=60)
        assert (tmp_path / f"out{small}/0").read_bytes() == (small / "0").read_bytes()
        assert uploads(client)
    assert sum(path.stat().st_size for path in client.folder.rglob("*") if path.is_file()) <= 30 * MIB
    with served(tmp_path, "his1", template, 200 * MIB) as client:  # whoever raises it needs nothing more
        assert stored(client, large)
        assert not uploads(client)


def test_without_a_quota_the_same_backup_fits(template: Path, tmp_path: Path):
    with served(tmp_path, "his1", template, None) as client:
        assert stored(client, random_files(tmp_path / "large", 60 * MIB))


def test_small_files_fill_a_quota_too(template: Path, tmp_path: Path):
    """rest-server counts their bytes alone; what they take more is counted when it starts."""
    with served(tmp_path, "his1", template, 10 * MIB) as client:
        assert stored(client, random_files(tmp_path / "files", MIB))
        folder = client.folder / "data/00"
        folder.mkdir(exist_ok=True)
        for number in range(10 * MIB // LEAST):
            (folder / f"{number:064}").write_bytes(b"x")
    with served(tmp_path, "his1", template, 10 * MIB) as client:
        assert "507" in refused(client, random_files(tmp_path / "more", MIB))


def test_a_server_that_no_socket_was_handed_to_does_not_listen_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("LISTEN_FDS", raising=False)
    words = ["--folder", str(tmp_path), "--accounts", str(tmp_path / "accounts")]
    assert cli.run(["repository", "serve", "his1", *words]) == 2
    assert "no socket" in capsys.readouterr().err


def test_a_restore_needs_no_room_for_its_lock(backed_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    machine = copied(backed_up, tmp_path)
    with served_all(machine, "--max-size", "1"):
        assert machine.seawall("backup", "documents") == 1
        assert "this machine's quota there" in capsys.readouterr().out
        assert machine.seawall("restore", "documents", "--to", tmp_path / "out") == 0
        assert "no lock was written" in capsys.readouterr().out
        assert machine.seawall("snapshots", "documents") == 0
        assert "whole" in capsys.readouterr().out
    restored = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*.txt")}
    assert restored == {path.name: path.read_bytes() for path in (machine.files / BACKED_UP[0]).iterdir()}


def test_a_copy_out_of_a_full_repository_needs_no_room_for_its_lock(
    backed_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    machine = copied(backed_up, tmp_path)
    offsite = machine.root / "etc/seawall/credentials/offsite.url"
    with served_all(machine):
        room = offsite.read_text()
        with served_all(machine, "--max-size", "1"):
            offsite.write_text(room)
            assert machine.seawall("copy", "documents") == 0
            assert machine.packs("offsite")
            assert "no lock was written" in capsys.readouterr().out
