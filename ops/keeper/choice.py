"""Which whole sets of an asset stay, and which may leave: keep-within rules, by the time of arrival.

A rule never takes a snapshot, only a whole set. Slots of months and years are filled by proven sets. The last whole
set and the last proven one always stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ops.keeper.whole import WholeSet

_DAY, _MONTH, _YEAR = "%Y-%m-%d", "%Y-%m", "%Y"


@dataclass(frozen=True)
class Rules:
    """For how many seconds each rule keeps sets; None: there is no such rule."""

    all: float
    daily: float | None = None
    monthly: float | None = None
    yearly: float | None = None


@dataclass(frozen=True)
class Chosen:
    """A set, and in words why it stays; one that leaves has no such words."""

    set: WholeSet
    stays: str


def choose(sets: Sequence[WholeSet], rules: Rules, now: float, zone: tzinfo) -> list[Chosen]:
    """Return what becomes of all whole sets of an asset, as they arrived; now: in seconds since 1970."""
    ordered = sorted(sets, key=lambda one: one.arrived)
    why: dict[str, str] = {}

    def stay(one: WholeSet, words: str) -> None:
        why.setdefault(one.card.set, words)

    for one in ordered[-1:]:
        stay(one, "the newest whole set")
    for one in [one for one in ordered if one.proven][-1:]:
        stay(one, "the newest proven set")
    for one in ordered:
        if now - one.arrived <= rules.all:
            stay(one, "younger than `all`")
    _fill(ordered, rules.daily, now, zone, stay)
    for name, form, span in (("month", _MONTH, rules.monthly), ("year", _YEAR, rules.yearly)):
        _fill_proven(ordered, (name, form, span), now, zone, stay)
    return [Chosen(one, why.get(one.card.set, "")) for one in ordered]


def _fill(
    sets: Sequence[WholeSet], span: float | None, now: float, zone: tzinfo, stay: Callable[[WholeSet, str], None]
) -> None:
    for slot, group in _slots(sets, _DAY, span, now, zone).items():
        stay(group[-1], f"the newest of {slot}")
        for one in [one for one in group if one.proven][-1:]:  # else whoever floods a day takes its proven set away
            stay(one, f"the newest proven of {slot}")


def _fill_proven(
    sets: Sequence[WholeSet],
    rule: tuple[str, str, float | None],
    now: float,
    zone: tzinfo,
    stay: Callable[[WholeSet, str], None],
) -> None:
    name, form, span = rule
    for slot, group in _slots(sets, form, span, now, zone).items():
        proven = [one for one in group if one.proven]
        if proven:
            stay(proven[-1], f"the newest proven of the {name} {slot}")
        else:
            stay(group[-1], f"the newest of the {name} {slot}, of which none is proven")


def _slots(
    sets: Sequence[WholeSet], form: str, span: float | None, now: float, zone: tzinfo
) -> dict[str, list[WholeSet]]:
    """Return the sets that a rule looks at, by the day, month or year of their arrival."""
    found: dict[str, list[WholeSet]] = {}
    for one in sets:
        if span is not None and now - one.arrived <= span:
            found.setdefault(datetime.fromtimestamp(one.arrived, zone).strftime(form), []).append(one)
    return found
