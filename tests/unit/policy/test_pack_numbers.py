"""The numbers of packs: filled where a site says nothing, judged where it says less, settled where none is stricter."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
import yaml

from ops.core.errors import PolicyError
from ops.policy import HostPolicy
from ops.policy.compile import document, notes_by_host
from ops.policy.hostvars import compile_inventory, read_layers
from ops.policy.keys import declared
from ops.policy.pack_files import Offer, PackDefault

GROUPS = {"all": ["his1", "backup1", "offsite1", "drill1"], "backup_hosts": ["backup1", "offsite1"],
          "drill_hosts": ["drill1"], "servers": ["his1"], "postgresql_hosts": ["his1"]}  # fmt: skip
ALL: dict[str, Any] = yaml.safe_load("""
version: 1
site: {name: Test, timezone: Europe/Prague}
contacts:
  it_head: {name: Head of IT, phone: "+420 1"}
  dba: {name: DBA, phone: "+420 2"}
repositories:
  primary: {kind: rest_server, place: primary, host: backup1}
  far: {kind: rest_server, place: offsite, host: offsite1}
hardening: {accounts: {}}
""")
HIS: dict[str, Any] = yaml.safe_load("""
owner: dba
sources: {database: {kind: postgresql, options: {database: his}}}
repository: primary
schedule: daily
rpo: 26h
rto: 4h
retention: {all: 60d}
copies: {away: {to: far, calendar: daily}}
drill: {host: drill1, every: 31d}
""")
YEARLY, CALENDAR = "assets.*.retention.yearly", "assets.*.copies.offsite.calendar"
AGE, LENGTH = "hardening.accounts.password_age", "hardening.accounts.password_length"
CHANNEL = {"kind": "command", "options": {"argv": ["/usr/local/bin/sms"]}}
ALARMS = {"on_call": [{"who": "dba"}], "channels": {"sms": CHANNEL}}
EXCUSE = {"reason": "The line is slow", "owner": "it_head", "approver": "dba", "until": "2030-01-31"}


def offered(**packs: dict[str, Any]) -> dict[str, Offer]:
    return {name: Offer({key: PackDefault(value, "1") for key, value in one.items()}) for name, one in packs.items()}


def compiled(
    packs: dict[str, dict[str, Any]], uses: dict[str, Any] | None = None, all_: Any = None, **his: Any
) -> HostPolicy:
    """Return his1's policy. packs: their numbers; uses: what the site says of them; his: changes of its asset."""
    return compile_inventory(variables(packs, uses, all_, **his), GROUPS, offered(**packs))["his1"]


def variables(packs: dict, uses: Any = None, all_: Any = None, **his: Any) -> dict[str, Any]:
    named = {name: (uses or {}).get(name, {}) for name in packs}
    asset = {key: value for key, value in {**copy.deepcopy(HIS), **his}.items() if value is not None}
    layer = {**ALL, **(all_ or {}), "packs": named}
    own = {"policy__host": {"assets": {"his": asset}}}
    return {host: {"policy__all": layer, **(own if host == "his1" else {})} for host in GROUPS["all"]}


def refused(*words: Any, **his: Any) -> str:
    with pytest.raises(PolicyError) as error:
        compiled(*words, **his)
    return str(error.value)


def test_what_a_site_does_not_say_a_pack_says() -> None:
    policy = compiled({"a": {YEARLY: "30y", CALENDAR: "day 10, last day"}}, copies={"away": {"to": "far"}})
    asset = policy.assets["his"]
    assert str(asset.retention.yearly) == "10957d 12h"
    assert str(asset.copies["away"].calendar).startswith("day 10, last day"), "by its repository's place, not its name"
    assert "calendar" in refused({"a": {}}, copies={"away": {"to": "far"}}), "a pack without the number fills nothing"


def test_nothing_is_made_that_the_site_has_not_written() -> None:
    packs = {"a": {CALENDAR: "daily", AGE: "60d", "assets.*.drill.every": "31d"}}
    policy = compiled(packs, all_={"hardening": None}, copies=None, drill=None)
    assert policy.hardening is None
    assert policy.assets["his"].copies == {}
    assert policy.assets["his"].drill is None


def test_a_machine_is_told_its_numbers_and_nothing_of_packs() -> None:
    told = document(compiled({"a": {YEARLY: "30y"}}))
    assert told["assets"]["his"]["retention"]["yearly"] == "10957d 12h"
    assert "packs" not in told


@pytest.mark.parametrize(("length", "kept"), [(6, 10), (14, 14)])
def test_what_holds_anyway_is_not_made_looser(length: int, kept: int) -> None:
    policy = compiled({"a": {LENGTH: length}})
    assert policy.hardening is not None
    assert policy.hardening.accounts is not None
    assert policy.hardening.accounts.password_length == kept


def test_a_finer_rule_that_keeps_as_long_answers_for_a_coarser_one() -> None:
    asset = compiled({"a": {YEARLY: "30y"}}, retention={"all": "31y"}).assets["his"]
    assert asset.retention.yearly is None


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_of_two_packs_the_stricter_one_wins(order: tuple[str, str]) -> None:
    numbers = {"a": {YEARLY: "10y", CALENDAR: "day 10, last day"}, "b": {YEARLY: "30y", CALENDAR: "daily"}}
    asset = compiled({name: numbers[name] for name in order}, copies={"away": {"to": "far"}}).assets["his"]
    assert str(asset.retention.yearly) == "10957d 12h"
    assert "*-*-*" in str(asset.copies["away"].calendar)


@pytest.mark.parametrize(
    ("key", "number", "his", "stricter", "looser"),
    [
        (YEARLY, "30y", "retention", {"all": "60d", "yearly": "40y"}, {"all": "60d", "yearly": "20y"}),
        (YEARLY, "30y", "retention", {"all": "60d", "yearly": "30y"}, {"all": "60d", "yearly": "none"}),
        ("assets.*.rpo", "2d", "rpo", "26h", "3d"),
        ("assets.*.drill.every", "92d", "drill", HIS["drill"], {"host": "drill1", "every": "366d"}),
        ("assets.*.schedule", "daily", "schedule", "*:0/30", "Mon..Sat"),
        (CALENDAR, "day 10, last day", "copies", HIS["copies"], {"away": {"to": "far", "calendar": "day 9, last day"}}),
    ],
)
def test_a_site_may_say_more_and_not_less(key: str, number: str, his: str, stricter: Any, looser: Any) -> None:
    spare = {"rpo": "8d"} if his != "rpo" else {}
    compiled({"a": {key: number}}, **{**spare, his: stricter})
    said = refused({"a": {key: number}}, **{**spare, his: looser})
    assert "the pack a (1) demands" in said
    assert f"policy.packs.a.exceptions, as `{key}: " in said


@pytest.mark.parametrize(
    ("spans", "right"), [(["20min", "3h", "8h"], True), (["30min"], False), (["31min", "3h"], False)]
)
def test_limits_may_come_earlier_and_not_later(spans: list[str], right: bool) -> None:
    """What is done then is the site's own to say."""
    key = "alarms.fault_classes.class_1.limits"
    packs = {"a": {key: [{"after": "30min", "what": "by hand"}, {"after": "3h", "what": "all by hand"}]}}

    def site(**limits: Any) -> dict[str, Any]:
        return {"alarms": {**ALARMS, "fault_classes": {"class_1": limits}}}

    filled = compiled(packs, all_=site()).alarms
    assert filled is not None
    assert [str(one.after) for one in filled.fault_classes["class_1"].limits] == ["30min", "3h"]
    own = site(limits=[{"after": span, "what": "on paper"} for span in spans])
    if right:
        compiled(packs, all_=own)
    else:
        assert "come no later is stricter" in refused(packs, None, own)


@pytest.mark.parametrize("key", [YEARLY, "assets.his.retention.yearly"])
def test_less_is_excused_by_name_and_its_end_is_told(key: str) -> None:
    packs, use = {"a": {YEARLY: "30y"}}, {"a": {"exceptions": {key: EXCUSE}}}
    short = {"all": "60d", "yearly": "5y"}
    policy = compiled(packs, use, retention=short)
    assert policy.assets["his"].retention.yearly.span.days == 1826
    layers = read_layers(variables(packs, use, retention=short), GROUPS, [])
    for day, count in (("2030-01-31", 0), ("2030-02-01", 1)):
        found = notes_by_host({"his1": layers["his1"]}, {"his1": policy}, date.fromisoformat(day))
        assert sum("decide again" in problem.message for problem in found["his1"]) == count
    assert "somebody else has to agree" in refused(
        packs, {"a": {"exceptions": {key: {**EXCUSE, "approver": "it_head"}}}}, retention=short
    )
    compiled(packs, {"a": {"clauses": {"1": {"excuse": EXCUSE}}}}, retention=short)  # so does an excuse of the clause


def test_where_none_is_the_stricter_one_somebody_settles_it_by_name() -> None:
    packs = {"a": {CALENDAR: "day 10"}, "b": {CALENDAR: "day 20"}}
    bare = {"away": {"to": "far"}}
    said = refused(packs, copies=bare)
    assert "a (1) demands day 10; b (1) demands day 20: none of them is the stricter one" in said
    use = {"b": {"settles": [CALENDAR]}}
    for copies in (bare, {"away": {"to": "far", "calendar": "day 20"}}):
        asset = compiled(packs, use, copies=copies).assets["his"]
        assert str(asset.copies["away"].calendar).startswith("day 20")
    assert "b (1) demands day 20, the policy says day 10" in refused(
        packs, use, copies={"away": {"to": "far", "calendar": "day 10"}}
    )
    both = {"away": {"to": "far", "calendar": "day 10, day 20"}}
    compiled(packs, copies=both)  # what meets them all needs no word


def test_a_pack_may_be_for_some_assets_only() -> None:
    packs = {"a": {YEARLY: "30y"}}
    assert compiled(packs, {"a": {"assets": []}}).assets["his"].retention.yearly is None
    assert compiled(packs, {"a": {"assets": ["his"]}}).assets["his"].retention.yearly is not None
    assert "there is no asset 'hsi', did you mean 'his'" in refused(packs, {"a": {"assets": ["hsi"]}})


@pytest.mark.parametrize("word", ["settles", "exceptions"])
def test_a_word_on_a_number_that_the_pack_does_not_bring_is_refused(word: str) -> None:
    use = {"settles": [YEARLY]} if word == "settles" else {"exceptions": {YEARLY: EXCUSE}}
    assert "the pack brings no number 'assets.*.retention.yearly'" in refused({"a": {AGE: "60d"}}, {"a": use})


def test_strange_names_of_assets_are_a_problem_of_their_own() -> None:
    said = variables({"a": {YEARLY: "30y"}})
    said["his1"]["policy__host"] = {"assets": {"a.b": HIS, "x\n": HIS}}
    with pytest.raises(PolicyError, match="not a valid name"):
        compile_inventory(said, GROUPS, offered(a={YEARLY: "30y"}))


def test_a_key_knows_its_order_and_a_path_that_is_none_is_none() -> None:
    found = declared(AGE)
    assert found is not None
    assert found.order is not None
    assert declared("hardening.ssh.root").order.meets("no", "key", "UTC")
    assert not declared("hardening.ssh.passwords").order.meets(True, False, "UTC")
    assert declared("assets.*.retension.yearly") is None
    assert declared("checks.*.options.path") is None
