"""What a backup host keeps besides: what is small and can't be made anew, and of that no more than it has room for."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from ops.core.errors import Unavailable
from ops.core.names import Digest
from ops.keeper import spares
from ops.keeper.repository import files, opened

HOST = "his1"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for sort in ("keys", "snapshots", "index", "data", "locks"):
        (tmp_path / HOST / sort).mkdir(parents=True)
    (tmp_path / HOST / "config").write_bytes(b"the first config")
    return tmp_path / HOST


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[spares.Spares]:
    with spares.opened(tmp_path / "state/spares.sqlite") as one:
        yield one


def add(repository: Path, sort: str, content: bytes) -> str:
    name = sha256(content).hexdigest()
    (repository / sort / name).write_bytes(content)
    return f"{sort}/{name}"


def keep(kept: spares.Spares, repository: Path, config: Digest | None = None) -> set[str]:
    with opened(repository.parent, HOST) as folder:
        kept.keep(HOST, folder, [*files(folder)], config)
    return kept.paths(HOST)


def test_snapshots_keys_and_config_are_kept_and_nothing_else(repository: Path, kept: spares.Spares):
    wanted = {add(repository, "snapshots", b"a snapshot"), add(repository, "keys", b"a key"), "config"}
    for sort in ("index", "locks"):
        add(repository, sort, b"whatever")
    assert keep(kept, repository) == wanted
    assert {kept.content(HOST, path, None) for path in wanted} == {b"a snapshot", b"a key", b"the first config"}


def test_what_is_damaged_already_is_not_kept(repository: Path, kept: spares.Spares):
    (repository / add(repository, "keys", b"a key")).write_bytes(b"another")
    assert keep(kept, repository, Digest(sha256(b"the trusted one").hexdigest())) == set()


def test_what_was_kept_stays_as_it_came(repository: Path, kept: spares.Spares):
    path = add(repository, "keys", b"a key")
    keep(kept, repository)
    (repository / path).write_bytes(b"another")
    (repository / "config").write_bytes(b"another")
    keep(kept, repository)
    assert kept.content(HOST, path, None) == b"a key"
    assert kept.content(HOST, "config", None) == b"the first config"
    assert kept.content(HOST, "config", Digest(sha256(b"the trusted one").hexdigest())) is None


def test_a_client_fills_no_disk_and_crowds_out_no_key(
    repository: Path, kept: spares.Spares, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spares, "MOST_OF_ALL", 1000)
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


def test_a_damaged_file_is_said(tmp_path: Path):
    (tmp_path / "spares.sqlite").write_bytes(b"x" * 4096)
    with pytest.raises(Unavailable, match="can't be used"), spares.opened(tmp_path / "spares.sqlite"):
        pass
