"""Each rule of the guard fires on what it is for, says what it saw, and is silent on a repository that is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import ProofCard, SetCard
from ops.keeper.guard import MUCH, AssetFacts, Bounds, Expected, Facts, refusals
from ops.keeper.whole import DAY, HOUR, Drilled, WholeSet

NOW = 1_800_000_000.0
GIB = 1 << 30
EXPECTED = Expected(newest=2 * DAY, a_day=1, drill=33 * DAY, copies={"offsite": 3 * DAY})


def iso(moment: float) -> str:
    return clock.iso(datetime.fromtimestamp(moment, UTC))


def a_set(number: int, arrived: float, *, proven: bool = False, **changes: object) -> WholeSet:
    """A set as a night of a healthy server brings it; number: which, so that each is another."""
    card = SetCard(
        client=HostName("his1"),
        asset=Name("his"),
        set=SetId(f"{number:08d}"),
        captured=iso(arrived - 600),
        finished=iso(arrived),
        manifest=Digest(f"{number:064x}"),
        snapshots=(Digest(f"{number:064x}"),),
        bytes=GIB,
        files=10,
        added=GIB // 50,
        copied={Name("offsite"): iso(arrived - DAY)},
    )
    return WholeSet(replace(card, **changes), arrived, proven)  # type: ignore[arg-type]


def drilled(number: int, arrived: float, *, passed: bool = True) -> Drilled:
    one = SetId(f"{number:08d}")
    card = ProofCard(
        client=HostName("his1"),
        asset=Name("his"),
        set=one,
        by=HostName("drill1"),
        drilled=iso(arrived),
        passed=passed,
    )
    return Drilled(card, arrived)


def well() -> AssetFacts:
    sets = [a_set(n, NOW - (20 - n) * DAY - HOUR, proven=n == 15) for n in range(1, 21)]
    fresh = {sets[-1].card.set: GIB // 50}
    return AssetFacts("his", EXPECTED, sets, sets[:2], [drilled(15, NOW - 4 * DAY)], fresh)


def newest(**changes: object) -> Callable[[AssetFacts], AssetFacts]:
    """The same, with another newest set."""
    arrived = NOW - HOUR
    return lambda one: replace(one, sets=[*one.sets[:-1], a_set(99, arrived, **changes)])


def more(count: int, days: float) -> Callable[[AssetFacts], AssetFacts]:
    """The same, with more sets that arrived within some days."""
    step = days * DAY / (count + 1)
    return lambda one: replace(
        one, sets=[*one.sets, *(a_set(100 + n, NOW - days * DAY + (n + 1) * step) for n in range(count))]
    )


CASES: dict[str, tuple[Callable[[AssetFacts], AssetFacts], str]] = {
    "no set": (lambda one: replace(one, sets=[], leaves=[]), "no whole set of it is known"),
    "none came": (lambda one: replace(one, sets=one.sets[:-4]), "the newest whole set arrived 4d 1h ago"),
    "empty": (newest(bytes=0, files=0), "set 00000099 is empty"),
    "shrank": (newest(bytes=GIB // 3), "set 00000099 shrank: 341.3 MiB, and those before had 1 GiB"),
    "grew": (newest(bytes=4 * GIB), "set 00000099 grew: 4 GiB, and those before had 1 GiB"),
    "told anew": (newest(added=GIB * 6 // 10), "set 00000099 was stored anew: 614.4 MiB of its 1 GiB are new"),
    "seen anew": (
        lambda one: replace(one, fresh={one.sets[-1].card.set: 20 * GIB}),
        "most was stored anew: 20 GiB arrived with set 00000020, and 10 GiB were there",
    ),
    "dated before": (newest(finished=iso(NOW - 3 * HOUR)), "set 00000099 is dated 2h apart from its arrival"),
    "dated after": (newest(finished=iso(NOW + 3 * HOUR)), "set 00000099 is dated 4h apart from its arrival"),
    "captured in the future": (
        newest(captured=iso(NOW + 9 * DAY)),
        "set 00000099 is dated 9d 1h apart from its arrival",
    ),
    "captured long ago": (newest(captured=iso(NOW - 300 * DAY)), "set 00000099 is dated 299d 23h before it arrived"),
    "flood in a day": (more(5, 0.5), "6 sets arrived in the last day, and its schedule explains 4 at most"),
    "flood in a week": (more(8, 6.9), "15 sets arrived in the last week, and its schedule explains 12 at most"),
    "nothing proven": (
        lambda one: replace(one, sets=[replace(each, proven=False) for each in one.sets]),
        "no set that a drill has proven would be left",
    ),
    "the proven one leaves": (
        lambda one: replace(one, leaves=[each for each in one.sets if each.proven]),
        "no set that a drill has proven would be left",
    ),
    "drill failed": (
        lambda one: replace(one, drills=[*one.drills, drilled(20, NOW - HOUR, passed=False)]),
        "the last drill failed, of set 00000020",
    ),
    "drill overdue": (
        lambda one: replace(one, drills=[drilled(15, NOW - 34 * DAY)]),
        "its drill is overdue: the last good one was told of 34d ago",
    ),
    "copy behind": (newest(copied={Name("offsite"): iso(NOW - 5 * DAY)}), "its copy to offsite is behind"),
    "no copy": (newest(copied={}), "no copy to offsite is known of"),
}


def judged(one: AssetFacts, **changes: str) -> list[str]:
    return refusals(Facts(now=NOW, assets=[one], packs=30 * GIB, **changes), Bounds())  # type: ignore[arg-type]


def test_a_repository_that_is_well_is_not_refused() -> None:
    assert judged(well()) == []


@pytest.mark.parametrize("name", CASES)
def test_each_rule_fires_alone(name: str) -> None:
    change, expected = CASES[name]
    told = judged(change(well()))
    assert [one for one in told if one.startswith(f"his: {expected}")]
    assert len(told) == (2 if name == "none came" else 1), told  # without a card no copy is known of either


@pytest.mark.parametrize("what", ["clock", "scrub", "register"])
def test_what_is_wrong_with_the_host_refuses_all(what: str) -> None:
    assert judged(well(), **{what: "wrong"}) == ["wrong"]


@pytest.mark.parametrize(
    "change",
    [
        newest(bytes=GIB * 6 // 10),
        newest(bytes=GIB * 29 // 10),
        newest(added=GIB // 2),
        newest(bytes=1000, added=1000),
        newest(finished=iso(NOW - HOUR - 3000)),
        more(3, 0.5),
        lambda one: replace(one, expected=replace(EXPECTED, drill=None), drills=[]),
        lambda one: replace(one, sets=one.sets[-1:], leaves=[], expected=replace(EXPECTED, drill=None)),
    ],
    ids=["smaller", "larger", "half anew", "small", "50 minutes", "by hand", "no drill", "first"],
)
def test_a_busy_day_is_not_refused(change: Callable[[AssetFacts], AssetFacts]) -> None:
    told = judged(change(well()))
    assert [one for one in told if "shrank" not in one and "proven" not in one] == []


def test_a_set_of_the_day_before_the_newest_is_judged_too() -> None:
    """Whoever sends a poisoned set sends a good one after it."""
    one = well()
    poisoned = replace(one, sets=[*one.sets[:-1], a_set(98, NOW - 5 * HOUR, bytes=0), a_set(99, NOW - HOUR)])
    assert judged(poisoned) == ["his: set 00000098 is empty"]


def test_a_set_that_shrinks_night_by_night_is_compared_with_the_last_proven_one() -> None:
    sets = [a_set(n, NOW - (20 - n) * DAY - HOUR, proven=n == 1, bytes=int(GIB * 0.9**n)) for n in range(1, 21)]
    one = replace(well(), sets=sets, leaves=[], drills=[drilled(1, NOW - 18 * DAY)])
    assert any("shrank" in why and "the last proven one" in why for why in judged(one))


def test_little_that_is_new_is_never_too_much() -> None:
    sets = [a_set(n, NOW - (4 - n) * DAY - HOUR, proven=n == 1, bytes=MUCH, added=MUCH) for n in range(1, 5)]
    assert judged(replace(well(), sets=sets, leaves=[])) == []
