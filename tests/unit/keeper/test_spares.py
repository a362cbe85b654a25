"""What a backup host keeps besides: what is small and can't be made anew, and of that no more than it has room for."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from ops.core.names import Digest
from ops.keeper import spares
from ops.keeper.repository import files, opened

HOST = "his1"
CONFIG = Digest(sha256(b"the first config").hexdigest())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for sort in ("keys", "snapshots", "index", "data", "locks"):
        (tmp_path / HOST / sort).mkdir(parents=True)
    (tmp_path / HOST / "config").write_bytes(b"the first config")
    return tmp_path / HOST


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[spares.Spares]:
    spares.made(tmp_path / "state", HOST)
    with spares.kept(tmp_path / "state", HOST) as one:
        yield one


def add(repository: Path, sort: str, content: bytes) -> str:
    name = sha256(content).hexdigest()
    (repository / sort / name).write_bytes(content)
    return f"{sort}/{name}"


def keep(kept: spares.Spares, repository: Path, config: Digest | None = None) -> set[str]:
    with opened(repository.parent, HOST) as folder:
        kept.keep(folder, [*files(folder)], config)
    return kept.paths()


def test_snapshots_keys_and_config_are_kept_and_nothing_else(repository: Path, kept: spares.Spares):
    wanted = {add(repository, "snapshots", b"a snapshot"), add(repository, "keys", b"a key"), "config"}
    for sort in ("index", "locks"):
        add(repository, sort, b"whatever")
    assert keep(kept, repository) == wanted
    assert {kept.content(path, CONFIG) for path in wanted} == {b"a snapshot", b"a key", b"the first config"}


def test_what_is_damaged_already_is_not_kept(repository: Path, kept: spares.Spares):
    (repository / add(repository, "keys", b"a key")).write_bytes(b"another")
    assert keep(kept, repository, Digest(sha256(b"the trusted one").hexdigest())) == set()


def test_what_was_kept_stays_as_it_came(repository: Path, kept: spares.Spares):
    path = add(repository, "keys", b"a key")
    keep(kept, repository)
    (repository / path).write_bytes(b"another")
    (repository / "config").write_bytes(b"another")
    keep(kept, repository)
    assert kept.content(path, None) == b"a key"
    assert kept.content("config", CONFIG) == b"the first config"
    assert kept.content("config", None) is None  # nobody knows whether it was the right one
    assert kept.content("config", Digest(sha256(b"the trusted one").hexdigest())) is None


def test_a_client_fills_no_disk_and_crowds_out_no_key(
    repository: Path, kept: spares.Spares, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spares, "MOST_OF_ALL", 1000)
    monkeypatch.setattr(spares, "BLOCK", 0)
    key = add(repository, "keys", b"a key")
    large = add(repository, "snapshots", b"x" * (spares.MOST + 1))
    many = {add(repository, "snapshots", bytes([number]) * 300) for number in range(9)}
    found = keep(kept, repository)
    assert {key, "config"} <= found
    assert large not in found
    assert len(found & many) == 3


def test_no_link_is_followed(repository: Path, kept: spares.Spares, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"root's own")
    (repository / "keys" / sha256(b"root's own").hexdigest()).symlink_to(secret)
    assert keep(kept, repository) == {"config"}


def test_what_comes_back_takes_no_place(repository: Path):
    path = add(repository, "keys", b"a key")
    with opened(repository.parent, HOST) as folder:
        with pytest.raises(FileExistsError):
            spares.put(folder, path, b"another")
        assert (repository / path).read_bytes() == b"a key"
        (repository / path).unlink()
        spares.put(folder, path, b"a key")
    assert (repository / path).read_bytes() == b"a key"
    assert [file.name for file in (repository / "keys").iterdir()] == [Path(path).name]


def test_what_lies_in_wait_where_root_writes_is_not_written_to(repository: Path, tmp_path: Path):
    path = add(repository, "keys", b"a key")
    (repository / path).unlink()
    secret = tmp_path / "secret"
    secret.write_bytes(b"root's own")
    (repository / f"{path}.healing").hardlink_to(secret)
    with opened(repository.parent, HOST) as folder:
        spares.put(folder, path, b"a key")
    assert secret.read_bytes() == b"root's own"
    assert (repository / path).read_bytes() == b"a key"


def test_what_a_person_accepts_as_gone_is_kept_no_longer(repository: Path, kept: spares.Spares):
    path = add(repository, "snapshots", b"a snapshot")
    keep(kept, repository)
    kept.forget([path, "snapshots/unknown", "data/00/whatever"])
    assert kept.paths() == {"config"}
