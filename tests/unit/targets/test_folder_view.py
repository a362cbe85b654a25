"""A view of a repository in a folder of this machine: what is left out, what may be written, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
from http.client import HTTPResponse
from pathlib import Path

import pytest

from ops.interfaces.target import Writes
from ops.targets._folder_view import view
from ops.targets._rest import Place

CONTENT = b"content of a pack" * 100
PACK = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for sort in ("data", "index", "snapshots", "keys", "locks"):
        (tmp_path / "his1" / sort).mkdir(parents=True)
    pack = tmp_path / "his1/data" / PACK[:2] / PACK
    pack.parent.mkdir()
    pack.write_bytes(CONTENT)
    (tmp_path / "his1/config").write_bytes(b"encrypted")
    return tmp_path / "his1"


def ask(url: Path, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    place = Place.read(url)
    connection = place.connection(Path(), 10)
    connection.request(method, f"{place.path}{path}", body, headers)
    answer: HTTPResponse = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def nothing(_path: str) -> bool:
    return False


def test_what_is_there_is_read_whole_and_in_pieces(folder: Path) -> None:
    with view(folder, nothing) as url:
        assert ask(url, "/config") == (200, b"encrypted")
        assert ask(url, f"/data/{PACK}") == (200, CONTENT)
        assert ask(url, f"/data/{PACK}", Range="bytes=17-33") == (206, CONTENT[17:34])
        assert ask(url, f"/data/{PACK}", Range="bytes=1690-") == (206, CONTENT[1690:])
        assert ask(url, f"/data/{PACK}", Range="bytes=1700-1710")[0] == 416
        assert ask(url, f"/data/{PACK}", "HEAD") == (200, b"")
        assert json.loads(ask(url, "/data/")[1]) == [{"name": PACK, "size": len(CONTENT)}]
        assert ask(url, f"/index/{PACK}")[0] == 404


def test_what_is_left_out_is_not_there(folder: Path) -> None:
    with view(folder, lambda path: path == f"data/{PACK}") as url:
        assert ask(url, f"/data/{PACK}")[0] == 404
        assert json.loads(ask(url, "/data/")[1]) == []


@pytest.mark.parametrize("path", ["/data/../config", "/../secret", "/secret", f"/data/{PACK[:2]}/{PACK}/x", "/data/"])
def test_nothing_outside_is_reached(folder: Path, path: str) -> None:
    (folder.parent / "secret").write_bytes(b"of root's")
    (folder / "data" / OTHER[:2]).mkdir(exist_ok=True)
    (folder / "data" / OTHER[:2] / OTHER).symlink_to(folder.parent / "secret")
    with view(folder, nothing) as url:
        assert b"of root's" not in ask(url, path)[1]
        assert ask(url, f"/data/{OTHER}")[0] == 404


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "index" / OTHER)
    with view(folder, nothing) as url:
        assert ask(url, f"/index/{OTHER}")[0] == 404


def test_it_is_written_to_only_as_told(folder: Path) -> None:
    new = b"what comes back"
    name = hashlib.sha256(new).hexdigest()
    with view(folder, nothing) as url:
        assert ask(url, f"/data/{name}", "POST", new)[0] == 403
    writes = Writes(frozenset({"data"}))
    with view(folder, nothing, writes) as url:
        assert ask(url, f"/data/{OTHER}", "POST", new)[0] == 400, "it has another name"
        assert ask(url, f"/data/{PACK}", "POST", CONTENT)[0] == 403, "it is there"
        assert ask(url, f"/snapshots/{name}", "POST", new)[0] == 200
        assert ask(url, f"/data/{name}", "POST", new)[0] == 200
        assert ask(url, f"/data/{PACK}", "DELETE")[0] == 200
        assert ask(url, f"/data/{PACK}")[0] == 404
    stored = folder / "data" / name[:2] / name
    assert (stored.read_bytes(), stored.stat().st_uid) == (new, folder.stat().st_uid)
    assert [path.name for path in stored.parent.iterdir()] == [name]
    assert (folder / "data" / PACK[:2] / PACK).exists()
    assert not [*(folder / "snapshots").iterdir()]
    assert (writes.added, writes.removed) == ({f"data/{name}"}, {f"data/{PACK}"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_stores_belongs_to_the_account(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 12345, 12345)
    new = b"what comes back"
    name = hashlib.sha256(new).hexdigest()
    with view(folder, nothing, Writes(frozenset({"data"}))) as url:
        assert ask(url, f"/data/{name}", "POST", new)[0] == 200
    stored = folder / "data" / name[:2] / name
    assert {stored.stat().st_uid, stored.parent.stat().st_uid} == {12345}
