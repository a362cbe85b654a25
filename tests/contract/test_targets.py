"""What every kind of target keeps: a place that is not there is told, and a pack is what its name says or damaged."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import loop_disks
import pytest
import throwaway_store
from every_kind import every, example
from mirrored import Mirrored

from ops.core import kinds
from ops.core.errors import Damaged, Unavailable
from ops.core.names import Digest
from ops.core.run import run
from ops.interfaces.disk import Arrived
from ops.interfaces.target import Missing, Reached, Target

BIN = Path(__file__).parents[2] / ".cache" / "bin"
CONTENT = b"content of a pack" * 1000
PACK = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"what was written").hexdigest()
STARTED = ExitStack()
ABSENT = hashlib.sha256(b"what was never written").hexdigest()


@dataclass(frozen=True)
class Place:
    """How a kind is tried.

    nowhere: an address at which nothing answers. real: a block with a real place, given a new folder, whose files are
    a repository's: a `config`, and packs below `data`; yields the address.
    """

    nowhere: Callable[[Path], str]
    real: Callable[[Path], AbstractContextManager[str]]


def closed_port(_folder: Path) -> str:
    with closing(socket.create_server(("localhost", 0))) as taken:
        port = taken.getsockname()[1]
    return f"rest:https://his1:secret@localhost:{port}/his1/primary/"


@contextmanager
def rest_server(folder: Path) -> Iterator[str]:
    """Run the real rest-server over a folder, as the role backup_host does."""
    server = BIN / "restic-rest-server"
    assert server.is_file(), "`make setup` fetches rest-server"
    account = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    (folder / "users").write_text(f"his1:{{SHA}}{account}\n")
    words = ["--path", folder / "stored", "--listen", "localhost:0", "--append-only", "--private-repos", "--tls"]
    words += ["--tls-cert", folder / "site.pem", "--tls-key", folder / "site.key", "--htpasswd-file", folder / "users"]
    with subprocess.Popen([server, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        try:
            assert program.stdout
            said = next(filter(None, map(re.compile(r"start server on .*:(\d+)$").search, program.stdout)))
            yield f"rest:https://his1:secret@localhost:{said[1]}/his1/primary/"
        finally:
            program.terminate()


def unmounted(folder: Path) -> str:
    return str(folder / "stored/his1")


@contextmanager
def on_a_disk(folder: Path) -> Iterator[str]:
    """Bring what is stored to a disk of its own; the test goes on writing there by the same path."""
    if os.geteuid() != 0:
        pytest.skip("only root can make and mount disks")
    (folder / "stored").rename(folder / "made")
    with loop_disks.mounted(loop_disks.image(folder / "disk")) as disk:
        shutil.copytree(folder / "made/his1/primary", disk / "his1")
        (folder / "stored/his1").mkdir(parents=True)
        (folder / "stored/his1/primary").symlink_to(disk / "his1")
        yield str(disk / "his1")


@contextmanager
def that_arrived(folder: Path) -> Iterator[str]:
    """The same on a removable disk, with the note that its arrival leaves beside it."""
    if os.geteuid() != 0:
        pytest.skip("only root can make and mount disks")
    (folder / "stored").rename(folder / "made")
    image = loop_disks.image(folder / "image")
    with loop_disks.mount_point() as path, loop_disks.attached(image) as device:
        (path / "disk").mkdir()
        run(["mount", device, path / "disk"], timeout=60)
        shutil.copytree(folder / "made/his1/primary", path / "disk/his1")
        (folder / "stored/his1").mkdir(parents=True)
        (folder / "stored/his1/primary").symlink_to(path / "disk/his1")
        rdev = device.stat().st_rdev
        note = Arrived(
            disk="red",
            serial="1",
            repository=Digest(ABSENT),
            config=Digest(hashlib.sha256(b"encrypted").hexdigest()),
            device=f"{os.major(rdev)}:{os.minor(rdev)}",
            path=str(device),
            part=str(device),
            when="2026-11-20T10:00:00Z",
        )
        (path / "arrived.json").write_text(json.dumps(note.written()))
        try:
            yield str(path / "disk/his1")
        finally:
            loop_disks.unmounted(path / "disk")


def missing_folder(folder: Path) -> str:
    return f"{folder}/nobody/made/his1"


@contextmanager
def collected(folder: Path) -> Iterator[str]:
    yield f"{folder}/stored/his1/primary"


@functools.cache
def store() -> throwaway_store.Store:
    """Return a real store, which costs seconds to start and ends with this module's tests."""
    return STARTED.enter_context(throwaway_store.running(Path(STARTED.enter_context(TemporaryDirectory()))))


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    STARTED.close()
    store.cache_clear()


def closed_store(folder: Path) -> str:
    with closing(socket.create_server(("localhost", 0))) as taken:
        port = taken.getsockname()[1]
    (folder / "url.store").write_text(throwaway_store.account())
    return f"s3:https://localhost:{port}/hospital/site/his1"


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """A folder of a bucket, with the store's certificate in the place of the site's."""
    (folder / "url.store").write_text(throwaway_store.account())
    shutil.copy(store().authority, folder / "site.pem")
    yield f"s3:https://localhost:{store().port}/hospital/site-{uuid4()}/his1"


PLACES = {
    "s3": Place(closed_store, bucket),
    "removable": Place(unmounted, that_arrived),
    "rest_server": Place(closed_port, rest_server),
    "local": Place(unmounted, on_a_disk),
    "disc": Place(missing_folder, collected),
}


@pytest.fixture(params=every("ops.targets"))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def target(kind: str, repository: Path) -> Target:
    loaded = kinds.load("ops.targets", kind)
    return Mirrored(loaded, repository, store).wrapped() if kind == "s3" else loaded


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    argv += ["-subj", "/CN=site", "-addext", "subjectAltName=DNS:localhost"]
    run([*argv, "-keyout", folder / "site.key", "-out", folder / "site.pem"], timeout=60)
    return folder


@pytest.fixture
def authority(certificate: Path, tmp_path: Path) -> Path:
    for name in ("site.pem", "site.key"):
        shutil.copy(certificate / name, tmp_path / name)
    return tmp_path / "site.pem"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The files of a repository with a good pack and one whose content is not its name's."""
    folder = tmp_path / "stored/his1/primary"
    for name, content in ((PACK, CONTENT), (OTHER, b"what was written, and then changed")):
        (folder / "data" / name[:2]).mkdir(parents=True)
        (folder / "data" / name[:2] / name).write_bytes(content)
    (folder / "config").write_bytes(b"encrypted")
    return folder


@pytest.fixture
def place(kind: str, authority: Path, repository: Path, tmp_path: Path) -> Iterator[Path]:
    """The file with the address of a real place."""
    with example(PLACES, kind, f"PLACES in {__file__}").real(tmp_path) as address:
        (tmp_path / "url").write_text(f"{address}\n")
        yield tmp_path / "url"


def test_a_place_that_is_not_there_is_unavailable(kind: str, target: Target, authority: Path, tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text(example(PLACES, kind, f"PLACES in {__file__}").nowhere(tmp_path))
    for look in (target.reach, target.packs, lambda url, authority: target.verify(url, authority, PACK)):
        with pytest.raises(Unavailable) as refused:
            look(url, authority)
        assert refused.value.hint, "say what to do"
        assert "secret" not in str(refused.value)


def test_a_place_that_answers_is_reached(target: Target, place: Path, authority: Path) -> None:
    assert isinstance(target.reach(place, authority), Reached)


def test_packs_are_listed_with_their_sizes(target: Target, place: Path, authority: Path) -> None:
    assert target.packs(place, authority)[PACK] == len(CONTENT)


def test_what_is_being_written_is_no_pack_yet(target: Target, place: Path, authority: Path, repository: Path) -> None:
    (repository / "data" / PACK[:2] / f"{PACK}.rest-server-temp123").write_bytes(b"half")
    assert {*target.packs(place, authority)} == {PACK, OTHER}


def test_a_whole_pack_is_read_to_its_end(target: Target, place: Path, authority: Path) -> None:
    assert target.verify(place, authority, PACK) == len(CONTENT)


def test_a_pack_that_is_not_what_its_name_says_is_damaged(target: Target, place: Path, authority: Path) -> None:
    with pytest.raises(Damaged) as refused:
        target.verify(place, authority, OTHER)
    assert not isinstance(refused.value, Missing)


def test_every_flip_and_every_cut_is_damage(target: Target, place: Path, authority: Path, repository: Path) -> None:
    path = repository / "data" / PACK[:2] / PACK
    middle = len(CONTENT) // 2
    flipped = CONTENT[:middle] + bytes([CONTENT[middle] ^ 1]) + CONTENT[middle + 1 :]
    for content in (flipped, CONTENT[:-1], CONTENT[1:], CONTENT + b"\0", b""):
        path.write_bytes(content)
        with pytest.raises(Damaged):
            target.verify(place, authority, PACK)


def test_a_pack_that_is_not_there_is_missing(target: Target, place: Path, authority: Path) -> None:
    with pytest.raises(Missing):
        target.verify(place, authority, ABSENT)


def test_a_lock_is_removed_and_nothing_else(target: Target, place: Path, authority: Path, repository: Path) -> None:
    if target.unlock is None:
        return  # nobody but restic removes a lock of this kind
    (repository / "locks").mkdir(exist_ok=True)
    for name in (PACK, OTHER):
        (repository / "locks" / name).write_bytes(b"encrypted")
    target.unlock(place, authority, PACK)
    target.unlock(place, authority, ABSENT)
    assert [path.name for path in (repository / "locks").iterdir()] == [OTHER]
    assert target.verify(place, authority, PACK) == len(CONTENT)
