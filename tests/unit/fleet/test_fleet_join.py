from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import one_server
import pytest

from ops.core import clock
from ops.core.verdict import Verdict
from ops.fleet.status.answer import read
from ops.fleet.status.join import join
from ops.interfaces import joined
from ops.interfaces.fleet_status import MachineStatus
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest

SOON = clock.iso(clock.now() - timedelta(minutes=1))
COPIES = {"beside": "near", "safe": "offsite"}


@pytest.fixture(scope="module")
def policies() -> dict[str, HostPolicy]:
    near = {"near": {"kind": "rest_server", "place": "primary", "host": "backup2"}}
    copies = {"beside": {"to": "near", "calendar": "06:00"}, "safe": {"to": "offsite", "calendar": "07:00"}}
    return one_server.policies(near, copies=copies)


def machine(policies: dict[str, HostPolicy], host: str, **more: Any) -> dict[str, Any]:
    digest = document_digest(document(policies[host]))
    common = {"version": 1, "host": host, "time": SOON, "health_time": SOON, "seawall": "0.1.0"}
    told = {**common, "verdict": "pass", "policy_digest": digest, "checks": [], **acts(host), **more}
    names = sorted(set(policies[host].checks) - {one["name"] for one in told["checks"]})
    others = [{"name": name, "kind": "disk", "verdict": "pass", "message": "fine"} for name in names]
    return {**told, "checks": [*told["checks"], *others]}


def acts(host: str) -> dict[str, Any]:
    """What a machine tells of the acts that it does, all of them well done."""
    about = {"owner": "", "summary": "", "rpo_seconds": 1, "rto_seconds": 1}
    copies = {name: done("copy", copied=SOON, repository=to) for name, to in COPIES.items()}
    if host == "his1":
        return {"assets": {"his": {**about, "backup": done("backup", repository="primary"), "copies": copies}}}
    return {"drills": {"his": {"host": "his1", "state": done("drill")}}} if host == "drill1" else {}


def done(kind: str, **more: Any) -> dict[str, Any]:
    """The state of an act that was well done a minute ago."""
    return {"version": 1, "kind": kind, "verdict": "pass", "message": "proven", "last_good": {"time": SOON, **more}}


def age(kind: str, verdict: str) -> dict[str, Any]:
    return {
        "name": joined.check(kind, "his"),
        "kind": kind,
        "verdict": verdict,
        "message": f"{kind} said",
        "asset": "his",
    }


def copied(copy: str, verdict: str = "pass") -> dict[str, Any]:
    about = {"asset": "his", "copy": copy, "message": f"{copy} said"}
    return {"name": joined.check("copy_age", "his", copy), "kind": "copy_age", "verdict": verdict, **about}


OWN = [age("backup_age", "pass"), copied("beside"), copied("safe")]


def fleet(policies: dict[str, HostPolicy], **changed: dict[str, Any]) -> dict[str, Any]:
    machines = {
        "his1": machine(policies, "his1", checks=OWN),
        "backup1": machine(policies, "backup1"),
        "drill1": machine(policies, "drill1", checks=[age("drill_age", "pass")]),
    }
    return join(policies, {host: told(one) for host, one in {**machines, **changed}.items()}).written()


def told(answer: dict[str, Any]) -> MachineStatus:
    """What a machine told, or why nothing."""
    if "version" in answer:
        return read(json.dumps(answer))
    return MachineStatus(verdict=Verdict.UNKNOWN, message=answer["message"])


def test_an_asset_joins_what_its_machines_say(policies: dict[str, HostPolicy]) -> None:
    found = fleet(policies)
    asset = found["assets"]["his"]
    assert (found["verdict"], asset["verdict"], asset["message"]) == ("pass", "pass", "")
    assert (asset["host"], asset["drill_host"], asset["owner"], asset["rto_seconds"]) == (
        "his1",
        "drill1",
        "Head of IT",
        3600,
    )
    assert asset["backup"]["last_good"]["time"] == SOON
    assert asset["drill"]["message"] == "proven"
    assert [finding["about"] for finding in asset["findings"]] == ["backup", "copy beside", "copy safe", "drill"]


def test_a_bad_check_on_the_drill_host_makes_the_asset_bad(policies: dict[str, HostPolicy]) -> None:
    asset = fleet(policies, drill1=machine(policies, "drill1", checks=[age("drill_age", "fail")]))["assets"]["his"]
    assert (asset["verdict"], asset["message"]) == ("fail", "drill: drill_age said")


@pytest.mark.parametrize(("host", "about"), [("his1", "backup"), ("drill1", "drill")])
def test_an_asset_whose_machine_is_silent_is_unknown_and_not_missing(
    policies: dict[str, HostPolicy], host: str, about: str
) -> None:
    found = fleet(policies, **{host: {"verdict": "unknown", "message": "does not answer"}})
    asset = found["assets"]["his"]
    assert (found["verdict"], asset["verdict"]) == ("unknown", "unknown")
    assert {"about": about, "verdict": "unknown", "message": f"{host} gave no status"} in asset["findings"]


def test_an_asset_that_its_machine_does_not_know_is_unknown(policies: dict[str, HostPolicy]) -> None:
    asset = fleet(policies, his1=machine(policies, "his1"))["assets"]["his"]
    assert (asset["verdict"], asset["message"]) == ("unknown", "asset: his1 does not know it")


def test_a_drill_that_its_host_does_not_know_is_unknown(policies: dict[str, HostPolicy]) -> None:
    asset = fleet(policies, drill1=machine(policies, "drill1"))["assets"]["his"]
    assert (asset["verdict"], asset["message"]) == ("unknown", "drill: drill1 does not know it")


def test_a_copy_that_its_machine_does_not_know_is_unknown(policies: dict[str, HostPolicy]) -> None:
    asset = fleet(policies, his1=machine(policies, "his1", checks=OWN[:2]))["assets"]["his"]
    assert (asset["verdict"], asset["message"]) == ("unknown", "copy safe: his1 does not know it")


@pytest.mark.parametrize("verdict", ["pass", "fail"])
@pytest.mark.parametrize("liar", ["backup1", "drill1"])
def test_nobody_else_speaks_of_an_asset(verdict: str, liar: str, policies: dict[str, HostPolicy]) -> None:
    """Another machine neither makes an asset pass of which its own knows nothing, nor a good one fail."""
    lie = [age("backup_age", verdict), copied("beside", verdict), copied("safe", verdict)]
    drilled = {"drill1": [age("drill_age", "pass")]}
    lying = machine(policies, liar, checks=[*lie, *drilled.get(liar, [])])
    assert fleet(policies, **{liar: lying})["assets"]["his"]["message"] == ""
    asset = fleet(policies, his1=machine(policies, "his1"), **{liar: lying})["assets"]["his"]
    assert (asset["verdict"], asset["message"]) == ("unknown", "asset: his1 does not know it")


@pytest.mark.parametrize("liar", ["his1", "backup1"])
def test_nobody_else_speaks_of_a_drill(liar: str, policies: dict[str, HostPolicy]) -> None:
    own = OWN if liar == "his1" else []
    lying = machine(policies, liar, checks=[*own, age("drill_age", "fail")])
    assert fleet(policies, **{liar: lying})["assets"]["his"]["message"] == ""
    asset = fleet(policies, drill1=machine(policies, "drill1"), **{liar: lying})["assets"]["his"]
    assert (asset["verdict"], asset["message"]) == ("unknown", "drill: drill1 does not know it")


def test_an_asset_says_what_leaves_the_site_and_whom_to_call(policies: dict[str, HostPolicy]) -> None:
    asset = fleet(policies)["assets"]["his"]
    assert (asset["away"], asset["backup_away"]) == (["safe"], False)
    assert asset["repository"] == "primary"
    assert asset["copies_to"] == COPIES
    assert {
        name: check.options["to"] for name, check in policies["his1"].checks.items() if check.kind == "copy_age"
    } == {
        "copy_age-his-beside": "near",
        "copy_age-his-safe": "offsite",
    }
    assert asset["person"] == {"name": "Head of IT", "phone": "+351 1", "deputy": "DBA", "deputy_phone": "+351 2"}


def test_a_machine_with_another_policy_warns(policies: dict[str, HostPolicy]) -> None:
    found = fleet(policies, backup1=machine(policies, "backup1", policy_digest="0" * 64))
    assert found["machines"]["backup1"]["verdict"] == "warn"
    assert found["verdict"] == "warn"


def test_a_machine_that_keeps_silent_about_checks_of_its_policy_is_unknown(policies: dict[str, HostPolicy]) -> None:
    quiet = {**machine(policies, "backup1"), "checks": []}
    found = fleet(policies, backup1=quiet)["machines"]["backup1"]
    assert found["verdict"] == "unknown"
    assert found["checks"][-1]["message"].startswith("says nothing of checks that its policy has: ")


def test_a_machine_is_no_better_than_its_checks(policies: dict[str, HostPolicy]) -> None:
    bad = machine(policies, "backup1", checks=[{"name": "x", "kind": "disk", "verdict": "fail", "message": "full"}])
    assert bad["verdict"] == "pass"
    assert fleet(policies, backup1=bad)["machines"]["backup1"]["verdict"] == "fail"


def test_the_layout_of_a_document_does_not_matter(policies: dict[str, HostPolicy]) -> None:
    plain = document(policies["his1"])
    backwards = dict(reversed(plain.items()))
    assert document_digest(plain) == document_digest(backwards)
    assert document_digest(plain) != document_digest({**plain, "host": "his2"})


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "answers no status: nothing"),
        ("[1, 2]", "answers no status: [1, 2]"),
        ('{"version": 1}', "answers no status: its answer: host: missing key"),
        ('{"version": 1, "verdict": "splendid", "checks": []}', "answers no status"),
        ('{"version": 1, "verdict": "pass", "checks": [{"verdict": "pass"}]}', "answers no status"),
        (
            '{"version": 2, "verdict": "pass", "checks": []}',
            "answers no status: its answer: version: expected 1, found 2",
        ),
    ],
)
def test_an_answer_that_is_no_status_is_unknown(output: str, reason: str) -> None:
    found = read(output)
    assert (found.verdict, found.told) == (Verdict.UNKNOWN, None)
    assert found.message.startswith(reason)
