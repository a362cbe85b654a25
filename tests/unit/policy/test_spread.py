"""Backups are spread so that never more than the policy's number run at once, always alike; else it is refused."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from ops.core import clock
from ops.core.errors import PolicyError
from ops.core.verdict import Verdict
from ops.fleet.status.crowded import crowded
from ops.policy import HostLayers, HostPolicy, compile_site
from ops.policy.compile import document, read_document
from tests.states import told

SITE: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {
        name: {"kind": "rest_server", "place": "primary", "host": name} for name in ("backup1", "backup2")
    },
    "spread": {"at_once": 3, "takes": "10min"},
}
ASSET = {
    "owner": "it",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/x"]}}},
    "repository": "backup1",
    "schedule": "01:30",
    "random_delay": "1h",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
}


def site(count: int, assets: dict[int, dict[str, Any]] | None = None, **more: Any) -> dict[str, HostLayers]:
    """Return the layers of so many machines with an asset. assets: what those say by number; more: of the site."""
    layers = {name: HostLayers(SITE | more) for name in ("backup1", "backup2")}
    for number in range(count):
        asset = ASSET | (assets or {}).get(number, {})
        layers[f"m{number:02}"] = HostLayers(SITE | more, host={"assets": {f"a{number:02}": asset}})
    return layers


def begins(policies: dict[str, HostPolicy]) -> dict[str, int]:
    """Return the minute of the day at which each backup begins; all of them by no chance."""
    found = {}
    for policy in policies.values():
        for name, asset in policy.assets.items():
            assert asset.random_delay.seconds == 0
            ((moment,),) = asset.schedule.times()
            found[name] = moment.hour * 60 + moment.minute
    return found


def test_never_more_than_the_number_begin_in_the_time_of_one() -> None:
    found = begins(compile_site(site(20)))
    assert Counter(found.values()) == {90 + 10 * turn: 3 for turn in range(6)} | {150: 2}
    assert found == begins(compile_site(dict(reversed(site(20).items())))), "whoever compiles it"


def test_each_backup_host_has_its_own_room() -> None:
    elsewhere = {number: {"repository": "backup2"} for number in range(0, 20, 2)}
    assert max(begins(compile_site(site(20, elsewhere))).values()) == 120


def test_what_can_not_be_kept_is_refused_with_what_to_do() -> None:
    with pytest.raises(PolicyError) as refused:
        compile_site(site(22))
    (problem,) = refused.value.problems
    assert problem.path == "policy.assets.a21.random_delay"
    assert "backup1 has no room for it with 3 at once of 10min each" in problem.message
    assert "10min later than it may" in problem.message


def test_without_it_nothing_is_different() -> None:
    policy = compile_site(plain())["m00"]
    assert "spread" not in document(policy)
    assert policy.assets["a00"].random_delay.seconds == 3600


def plain() -> dict[str, HostLayers]:
    """Return the layers of a machine and its backup hosts, in which nothing is said of it."""
    without = {key: value for key, value in SITE.items() if key != "spread"}
    own = {"m00": {"assets": {"a00": ASSET}}}
    return {name: HostLayers(without, host=own.get(name, {})) for name in ("backup1", "backup2", "m00")}


def test_a_machine_reads_its_own_moment_and_its_copies_still_follow() -> None:
    copies = {number: {"copies": {"far": {"to": "backup2", "calendar": "daily"}}} for number in range(4)}
    policy = compile_site(site(4, copies))["m03"]
    read = read_document(document(policy))
    assert str(read.assets["a03"].schedule).endswith("01:40")
    ((moment,),) = read.assets["a03"].copies["far"].calendar.times()
    assert (moment.hour, moment.minute) == (2, 30), "after the latest moment at which the backup could have begun"


def test_one_that_begins_several_times_a_day_stays_as_it_is() -> None:
    policies = compile_site(site(2, {0: {"schedule": "*:0/15", "random_delay": "5min"}}))
    assert policies["m00"].assets["a00"].random_delay.seconds == 300


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_schedules_no_moment_has_more(seed: int) -> None:
    """Also over midnight: three days are counted minute by minute, unless the policy is refused."""
    random = Random(seed)
    takes, most = random.choice([10, 60, 300, 600]), random.randint(1, 4)
    assets = {}
    for number in range(random.randint(1, 12)):
        hour, delay = random.choice([0, 1, 12, 20, 22]), random.choice([0, 20, 60, 100])
        assets[number] = {"schedule": f"{hour:02}:15", "random_delay": f"{delay}min", "rpo": "3d"}
    try:
        found = begins(compile_site(site(len(assets), assets, spread={"at_once": most, "takes": f"{takes}min"})))
    except PolicyError as refused:
        assert all("has no room for it" in one.message for one in refused.problems)
        return
    running = Counter(
        minute
        for day in range(3)
        for start in found.values()
        for minute in range(day * 1440 + start, day * 1440 + start + takes)
    )
    assert max(running[minute] for minute in range(1440, 2880)) <= most


def test_what_took_longer_than_the_policy_thought_is_seen() -> None:
    policies = compile_site(site(5))
    now = clock.now()

    def ran(number: int, minutes: int) -> Any:
        began = now - timedelta(hours=2) + timedelta(minutes=10 * (number // 3))
        act = {"version": 1, "kind": "backup", "verdict": "pass", "message": ""}
        moments = {"started": clock.iso(began), "finished": clock.iso(began + timedelta(minutes=minutes))}
        about = {"owner": "", "summary": "", "rpo_seconds": 1, "rto_seconds": 1}
        return told(f"m{number:02}", assets={f"a{number:02}": {**about, "backup": act | moments}})

    assert crowded(policies, {f"m{number:02}": ran(number, 10) for number in range(5)}) == {}
    found = crowded(policies, {f"m{number:02}": ran(number, 25) for number in range(5)})
    assert {name: finding.verdict for name, finding in found.items()} == {"backup1": Verdict.WARN}
    assert found["backup1"].message.startswith("5 backups ran at once at ")
    assert found["backup1"].message.endswith("3 may; raise policy.spread.takes")
