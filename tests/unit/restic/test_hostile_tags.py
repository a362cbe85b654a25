"""Snapshots as a broken-in server may make them: their tags lead nowhere, and none hinders what was there before."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.core.errors import Damaged
from ops.restic.messages import documents, entry, snapshots
from ops.restic.sets import ASSET, PART, PARTS, SET, complete, sets

GOOD = "7481305f-98d8-462a-b3c2-6d5dbcc6ee8d"
ELSEWHERE = (
    "",
    ".",
    "..",
    "../x",
    "../../../../run/udev/rules.d",
    "/run/udev/rules.d",
    "/var/lib/seawall/trees/bookworm",
    "a/b",
    "a/../b",
    "database/../../x",
    "database.",
    ".database",
    "database..his",
    "database.his.log.more",
    "-rf",
    "--target=/",
    "a b",
    "a\nb",
    "a\0b",
    "a\x1b[2J",
    "a\u202eb",
    "é",
    "*",
    "~root",
    "$HOME",
    "x" * 129,
    "x" * 100_000,
)


NOW = datetime(2026, 11, 27, tzinfo=UTC)


def snapshot(part: str, number: int = 1, **other: Any) -> dict[str, Any]:
    tags = {SET: GOOD, ASSET: "his", PART: part, **other.pop("tags", {})}
    return {
        "id": f"{number:064x}",
        "time": "2026-11-26T01:00:00.123456789Z",
        "hostname": "his1",
        "tags": [f"{name}={value}" for name, value in tags.items()],
        "paths": ["/srv"],
        "summary": {"total_files_processed": 1, "total_bytes_processed": 1},
        **other,
    }


def listed(*entries: object) -> str:
    return json.dumps(entries)


HONEST = (snapshot("database", 1), snapshot("manifest", 2, tags={PARTS: "database"}))


@pytest.mark.parametrize("word", ELSEWHERE)
@pytest.mark.parametrize("tag", [SET, ASSET, PART])
def test_a_tag_that_leads_elsewhere_is_of_no_set_and_hinders_none(tag: str, word: str) -> None:
    found = sets(snapshots(listed(*HONEST, snapshot("database", 3, tags={tag: word}))))
    assert [(one.id, one.asset, sorted(one.parts)) for one in found] == [(GOOD, "his", ["database", "manifest"])]
    assert len(complete(snapshots(listed(*HONEST)), "his", NOW).counting) == 1


@pytest.mark.parametrize("word", ELSEWHERE)
def test_a_manifest_that_names_such_a_part_makes_no_set_whole(word: str) -> None:
    named = snapshot("manifest", 2, tags={PARTS: f"database+{word}"})
    assert not complete(snapshots(listed(HONEST[0], named, snapshot(word, 3))), "his", NOW).counting


@pytest.mark.parametrize(
    "other",
    [
        {"time": "0000-01-01T00:00:00Z"},
        {"time": "9999-12-31T23:59:59Z"},
        {"time": "yesterday"},
        {"id": "../../x"},
        {"id": "latest"},
        {"id": "--target=/"},
        {"tags": {}, "summary": {"total_bytes_processed": None}},
        {"tags": {}, "summary": [1]},
    ],
)
def test_a_snapshot_that_cannot_be_hinders_no_other(other: dict[str, Any]) -> None:
    strange = {**snapshot("database", 4), **other}
    assert [one.id for one in snapshots(listed(*HONEST, strange))] == [one["id"] for one in HONEST]
    assert [one.id for one in snapshots(listed(*HONEST, 5, None, [], "x"))] == [one["id"] for one in HONEST]


def test_what_is_no_list_of_snapshots_is_damaged() -> None:
    with pytest.raises(Damaged, match="list of snapshots can't be read"):
        snapshots("{]")


@pytest.mark.parametrize("path", ["../x", "/srv/../etc/passwd", "srv", "/a\0b", "/" + "x" * 5000])
def test_a_listed_path_that_leads_elsewhere_is_refused(path: str) -> None:
    line = {"type": "file", "path": path, "mtime": "2026-11-26T01:00:00Z", "size": 1}
    with pytest.raises(Damaged, match="the snapshot lists what can't be"):
        entry(line)
    (good,) = documents([json.dumps(line | {"path": "/srv/a\nb"})])
    assert (found := entry(good)) is not None
    assert found.path == "/srv/a\nb"
