"""The trials at a backup host's door, against servers in memory: what they find, and that they can hurt nothing.

rest-server itself never lets a thing be written over; here is one that does, and one that deletes what is real only.
"""

import json
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "policy/looks/doors.py"
LOOK: dict = {"__name__": "doors"}
exec(compile(SOURCE.read_text(encoding="utf-8"), str(SOURCE), "exec"), LOOK)
DOOR = {"foreign": ["/nobody/config"], "other_ports": [8001]}


class Server:
    """A repository in memory. forbids: the methods that it refuses; strict: refuses also what isn't there."""

    path = "/his1"

    def __init__(self, forbids: set[str], strict: bool = True) -> None:
        self.forbids, self.strict = forbids, strict
        self.kept = {"/his1/config": b"config", "/his1/snapshots/aa": b"newer", "/his1/data/bb": b"pack"}

    def ask(self, method, path, body=None, port=0, account=True):
        if method in self.forbids or (method == "DELETE" and path not in self.kept and self.strict):
            return 403, b""
        if method == "DELETE":
            return (200 if self.kept.pop(path, None) else 404), b""
        if method == "POST":
            self.kept[path] = body
            return 200, b""
        if path.endswith("/"):
            names = [name for name in self.kept if name.startswith(path)]
            entries = [{"name": name.removeprefix(path), "size": len(self.kept[name])} for name in names]
            return 200, json.dumps(entries).encode()
        return (200, self.kept[path]) if path in self.kept else (404, b"")

    def names(self, kind):
        return {entry["name"]: entry["size"] for entry in json.loads(self.ask("GET", f"{self.path}/{kind}/")[1])}


KEPT = dict(Server(set()).kept)
TRIALS = ("deleted_snapshot", "deleted_pack", "deleted_repository", "overwritten_snapshot", "overwritten_config")


def test_server_that_refuses_is_believed_and_the_real_things_were_tried():
    server = Server({"DELETE", "POST"})
    tried = LOOK["tries"](server, DOOR)
    assert [tried[trial]["refused"] for trial in TRIALS] == [True] * 5
    assert tried["deleted_snapshot"]["tried"] == "aa"
    assert server.kept == KEPT


@pytest.mark.parametrize("strict", [True, False])
def test_server_that_lets_all_through_is_found_and_loses_nothing(strict):
    server = Server(set(), strict)
    tried = LOOK["tries"](server, DOOR)
    assert not any(tried[trial]["refused"] for trial in TRIALS if trial != "deleted_repository" or not strict)
    assert server.kept == KEPT


def test_real_things_are_left_alone_where_deleting_nothing_is_not_refused():
    server = Server(set(), strict=False)
    tried = LOOK["tries"](server, DOOR)
    assert tried["deleted_snapshot"]["tried"] == "a name that isn't there"


def test_empty_repository_has_no_snapshot_to_write_over():
    server = Server({"DELETE", "POST"})
    server.kept = {"/his1/config": b"config"}
    tried = LOOK["tries"](server, DOOR)
    assert tried["overwritten_snapshot"] is None
    assert tried["deleted_snapshot"] == {"refused": True, "status": 403, "tried": "a name that isn't there"}


def test_an_upload_under_way_is_not_tried():
    name = "ab" * 32
    listed = [{"name": f"{name}.rest-server-temp5895050046234240337", "size": 1}, {"name": name, "size": 2}]
    assert LOOK["whole"](listed) == {name: 2}


def test_password_of_an_address_is_not_among_what_is_told(tmp_path):
    LOOK["CREDENTIALS"] = tmp_path
    (tmp_path / "primary.url").write_text("rest:https://his1:s3cretWord@localhost:1/his1/\n")
    seen = LOOK["look"]({"authority": "", "doors": [{"credential": "primary", **DOOR}]})
    assert "refused" in seen["primary"]["trouble"] or "cadata" in seen["primary"]["trouble"]
    assert "s3cretWord" not in json.dumps(seen)
