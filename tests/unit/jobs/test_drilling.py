"""What a person may ask of a drill, and how damage is chosen for one that must fail."""

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from ops.core import clock
from ops.core.errors import UsageError
from ops.interfaces.damage import DataDamage, FileDamage
from ops.interfaces.drill import Part
from ops.interfaces.facts import Facts
from ops.interfaces.manifest import Material, PartFacts
from ops.interfaces.request import read, written
from ops.jobs.drill.damage import DamageInjection
from ops.jobs.drill.options import DrillOptions


def part(label: str = "database", **acts: tuple[str, str]) -> Part:
    damages = {
        name: DataDamage(lambda *_where, words=words: words)
        if moment == "data"
        else FileDamage(moment, lambda *_where, words=words: words)
        for name, (moment, words) in acts.items()
    }
    return Part(label, PartFacts("files", SimpleNamespace(damages=damages), Facts(), Material()), 0)


def strike(sabotage: DamageInjection, moment: str, part: Part) -> None:
    if moment == "data":
        sabotage.strike_data(part, None, "his")
    else:
        sabotage.strike_files(moment, part, Path("/nowhere"))


def sensible(**words: Any) -> DrillOptions:
    options = DrillOptions(**words)
    options.demand_sense()
    return options


def test_a_look_needs_a_reason_and_an_approver() -> None:
    with pytest.raises(UsageError, match="a reason and an approver"):
        sensible(keep="ticket 4711")
    assert sensible(keep="ticket 4711", approver="the head of IT").approver == "the head of IT"


def test_a_disk_made_anew_is_not_booted_straight_from_the_repository() -> None:
    with pytest.raises(UsageError, match="needs restored data"):
        sensible(instant=True, own_kernel=True)
    assert sensible(instant=False, own_kernel=True).own_kernel


def test_a_damaged_copy_is_not_for_looking_at() -> None:
    with pytest.raises(UsageError, match="can't be held for inspection"):
        sensible(keep="why", approver="who", sabotage="random")


def test_wanted_reach_the_unit_as_they_were() -> None:
    wanted = sensible(at="2026-11-20", kind="files", instant=False, seed=7, zone="America/Sao_Paulo")
    now = clock.now()
    assert read(DrillOptions, written(wanted, "drill-his", now).encode(), "drill-his", now, "his.request") == wanted
    with pytest.raises(UsageError, match="neither a time nor a set"):
        sensible(at="yesterday")


def test_a_named_damage_is_done_once_and_at_its_moment() -> None:
    one = part(emptied=("data", "patients was emptied"), cut=("material", "the dump was cut"))
    sabotage = DamageInjection("emptied", [one], Random(1))
    strike(sabotage, "material", one)
    with pytest.raises(UsageError, match="nothing to damage"):
        sabotage.demand()
    strike(sabotage, "data", one)
    assert sabotage.demand() == "emptied: patients was emptied"


def test_chance_reaches_every_damage() -> None:
    one = part(a=("material", "a"), b=("data", "b"), c=("data", "c"))
    done = set()
    for seed in range(40):
        sabotage = DamageInjection("random", [one], Random(seed))
        strike(sabotage, "material", one)
        strike(sabotage, "data", one)
        done.add(sabotage.demand()[0])
    assert done == {"a", "b", "c"}


def test_a_damage_that_finds_nothing_gives_way_to_another_of_its_moment() -> None:
    one = part(a=("data", ""), b=("data", "b"))
    for seed in range(8):
        sabotage = DamageInjection("random", [one], Random(seed))
        strike(sabotage, "data", one)
        assert sabotage.demand() == "b: b"


def test_an_unknown_damage_is_told_with_the_nearest_known() -> None:
    with pytest.raises(UsageError, match="did you mean 'emptied'"):
        DamageInjection("emptyed", [part(emptied=("data", "x"))], Random(1))


def test_a_dump_is_drilled_as_it_is() -> None:
    assert sensible(dump="/srv/a.dump").dump == "/srv/a.dump"
    for other in ({"sabotage": "random"}, {"repository": "offsite"}, {"at": "2026-11-20"}):
        with pytest.raises(UsageError, match="can't be combined"):
            sensible(dump="/srv/a.dump", **other)


def test_chance_hurts_no_disk_where_none_is_made() -> None:
    one = part(a=("tree", "a"), b=("disk", "b"))
    done = set()
    for seed in range(20):
        sabotage = DamageInjection("random", [one], Random(seed))
        strike(sabotage, "tree", one)
        done.add(sabotage.demand())
    assert done == {"a: a"}
    with pytest.raises(UsageError, match="unknown damage 'b'"):
        DamageInjection("b", [one], Random(1))
    booted = DamageInjection("b", [one], Random(1), further=["disk"])
    strike(booted, "disk", one)
    assert booted.demand() == "b: b"
