from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from ops.core import clock, kinds
from ops.core.errors import Unavailable
from ops.gaps import Search
from ops.interfaces.discovery import Found, SearchContext, Sort
from ops.interfaces.state import Unsearched, read, written
from ops.jobs import gaps
from ops.policy.compile import read_document
from ops.reports.gaps_table import table

TODAY = clock.now().date()
ASSET = {
    "owner": "it_head",
    "sources": {
        "database": {"kind": "postgresql", "options": {"database": "his"}},
        "documents": {"kind": "files", "options": {"paths": ["/srv/documents"]}},
    },
    "repository": "primary",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
}


def policy(until: date = TODAY, **more: Any) -> Any:
    excuse = {"what": "postgresql:5432/scratch", "reason": "made anew each night", "until": str(until)}
    site = {"name": "Test hospital"}
    document = {"version": 1, "host": "his1", "site": site, "assets": {"his": ASSET}, "exceptions": {"scratch": excuse}}
    return read_document(document | more)


def state(found: list[Found], given: Any = None) -> Any:
    return gaps.record(given or policy(), Search(found), TODAY)


FOUND = [
    Found("postgresql:5432/his", "a database", 5000),
    Found("postgresql:5432/scratch", "a database", 10 << 20),
    Found("postgresql:5432/stray", "a database", 20 << 20),
    Found("", places=("/var/lib/postgresql",)),
    Found("path:/srv/documents/old", "a folder", 2 << 30, least=True),
]


def names(part: Any) -> list[str]:
    return [one.name for one in part]


def test_each_thing_is_covered_excused_or_a_gap():
    seen = state(FOUND)
    assert names(seen.covered) == ["postgresql:5432/his", "path:/srv/documents/old"]
    assert seen.covered[1].size == "at least 2 GiB"
    assert names(seen.excused) == ["postgresql:5432/scratch"]
    assert names(seen.gaps) == ["postgresql:5432/stray"]
    assert (seen.verdict, seen.unused) == ("warn", ())
    assert read(json.dumps(written(seen)).encode(), "gaps.json") == seen


def test_who_takes_the_root_does_not_take_a_volume():
    root = {"files": {"kind": "files", "options": {"paths": ["/"]}}}
    whole = policy(assets={"his": {**ASSET, "sources": root}})
    seen = state([Found("path:/srv/large", "a folder"), Found("path:/data", "a volume", apart=True)], whole)
    assert (names(seen.covered), names(seen.gaps)) == (["path:/srv/large"], ["path:/data"])


def test_who_takes_a_machine_takes_each_file_system_alone():
    machine = {"machine": {"kind": "machine", "options": {"filesystems": ["/", "/srv/archive"]}}}
    seen = state(
        [
            Found("path:/srv/large", "a folder", volume="/"),
            Found("path:/srv/archive", "a volume", apart=True, volume="/srv/archive"),
            Found("path:/srv/archive/old", "a folder", volume="/srv/archive"),
            Found("path:/srv/archive/2025", "a volume (btrfs subvolume)", apart=True, volume="/srv/archive/2025"),
            Found("path:/srv/data/old", "a folder", volume="/srv/data"),
        ],
        policy(assets={"his": {**ASSET, "sources": machine}}),
    )
    assert names(seen.covered) == ["path:/srv/large", "path:/srv/archive", "path:/srv/archive/old"]
    assert names(seen.gaps) == ["path:/srv/archive/2025", "path:/srv/data/old"]


def test_an_exception_that_expired_is_named_and_excuses_nothing():
    seen = state(FOUND, policy(TODAY - timedelta(days=1)))
    assert names(seen.gaps) == ["postgresql:5432/scratch", "postgresql:5432/stray"]
    assert ": made anew each night" in seen.gaps[0].expired
    assert "the exception expired on" in table(seen)


def test_an_exception_for_what_is_no_longer_there_is_named():
    seen = state(FOUND[:1])
    assert (seen.verdict, seen.unused) == ("pass", ("scratch",))
    assert "'scratch' matches nothing" in table(seen)


def test_the_policy_may_call_a_gap_a_failure():
    check = {"kind": "gaps", "options": {"verdict": "fail"}}
    assert state(FOUND, policy(checks={"gaps": check})).verdict == "fail"


def test_the_table_names_gaps_with_their_sizes_and_excuses_with_their_reasons():
    text = table(state(FOUND))
    assert "1 gap; 2 covered, 1 excused" in text
    assert "postgresql:5432/stray    a database, 20 MiB" in text
    assert f"until {TODAY}: made anew each night" in text


def test_what_cannot_be_looked_at_is_unknown_and_the_rest_is_seen(monkeypatch: pytest.MonkeyPatch):
    def refused(scene: SearchContext) -> Any:
        raise Unavailable("not permitted to look at")

    scenes: list[SearchContext] = []
    sorts = {
        "postgresql": Sort(lambda scene: FOUND),
        "sqlite": Sort(refused),
        "path": Sort(lambda scene: scenes.append(scene) or [], order=1),
    }
    known, load, given = kinds.kinds, kinds.load, policy()
    monkeypatch.setattr(kinds, "kinds", lambda package: list(sorts) if package == "ops.gaps" else known(package))
    monkeypatch.setattr(
        kinds, "load", lambda package, kind: sorts[kind] if package == "ops.gaps" else load(package, kind)
    )
    seen = gaps.look(given)
    assert seen.unlooked == [Unsearched(sort="sqlite", message="not permitted to look at")]
    assert gaps.record(given, seen, TODAY).verdict == "unknown"
    answered = [str(path) for path in scenes[0].answered]
    assert {"/srv/documents", "/var/lib/postgresql", "/srv/seawall"} <= set(answered)
