"""The duties of a site, joined with what every machine's ledger attests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.core import clock
from ops.core.verdict import Verdict
from ops.fleet import duties
from ops.fleet.inventory import Inventory
from ops.fleet.status import join
from ops.interfaces.fleet_status import DutyStatus, MachineStatus
from ops.interfaces.status_answer import Attested, StatusAnswer
from ops.policy import HostPolicy

UPS = {"what": "Let each UPS run on its battery", "who": "it_head", "every": "92d"}
SITE: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {"it_head": {"name": "Head of IT", "phone": "+55 11 5555 0100"}},
    "duties": {"ups": UPS},
}
NOW = clock.parse("2026-11-26T12:00:00Z")
SILENT = MachineStatus(verdict=Verdict.UNKNOWN, message="does not answer")


@pytest.fixture
def policies() -> dict[str, HostPolicy]:
    variables: dict[str, Any] = {host: {"policy__all": SITE} for host in ("his1", "docs1")}
    variables["docs1"]["policy__host"] = {"duties": {"fans": {**UPS, "until": "2030-01-31"}}}
    return Inventory(Path(), variables, {"all": ("his1", "docs1")}).policies()


def machine(host: str, attested: dict[str, str] | None) -> MachineStatus:
    """A machine whose ledger has attestations of these moments; None: it does not say."""
    known = None if attested is None else {name: Attested(when=when, by="ana", n=7) for name, when in attested.items()}
    told = StatusAnswer(host=host, time="", seawall="", policy_digest="", verdict=Verdict.PASS, checks=(), duties=known)
    return MachineStatus(verdict=Verdict.PASS, told=told)


def joined(policies: dict[str, HostPolicy], his1: MachineStatus, docs1: MachineStatus) -> dict[str, DutyStatus]:
    return {one.name: one for one in duties.join(policies, {"his1": his1, "docs1": docs1}, NOW)}


def test_a_duty_of_the_site_is_done_by_the_newest_attestation_of_any_machine(policies: dict[str, HostPolicy]) -> None:
    his1 = machine("his1", {"ups": "2026-11-20T08:00:00Z", "fans": "2026-11-20T08:00:00Z"})
    found = joined(policies, his1, machine("docs1", {"ups": "2026-08-01T08:00:00Z"}))
    ups, fans = found["ups"], found["fans"]
    assert (ups.host, ups.standing, ups.due, ups.done, ups.by) == (
        "",
        "later",
        "2027-02-20",
        "2026-11-20T08:00:00Z",
        "ana",
    )
    assert (ups.verdict, ups.who, ups.phone) == (Verdict.PASS, "Head of IT", "+55 11 5555 0100")
    assert (fans.host, fans.standing, fans.verdict, fans.done) == ("docs1", "overdue", Verdict.WARN, "")
    assert fans.until == "2030-01-31"


def test_a_duty_that_looks_overdue_is_unknown_while_a_machine_is_silent(policies: dict[str, HostPolicy]) -> None:
    ups = joined(policies, SILENT, machine("docs1", {"ups": "2026-01-01T08:00:00Z"}))["ups"]
    assert (ups.verdict, ups.standing, ups.message) == (Verdict.UNKNOWN, "overdue", "his1 gave no status")
    ups = joined(policies, machine("his1", None), machine("docs1", {}))["ups"]
    assert (ups.verdict, ups.message) == (Verdict.UNKNOWN, "his1 does not say what was attested there")


def test_a_duty_that_is_done_is_known_to_be_so_whoever_is_silent(policies: dict[str, HostPolicy]) -> None:
    found = joined(policies, SILENT, machine("docs1", {"ups": "2026-11-01T08:00:00Z", "fans": "2026-11-01T08:00:00Z"}))
    assert {one.verdict for one in found.values()} == {Verdict.PASS}


@pytest.mark.parametrize("when", ["2027-11-26T12:00:00Z", "soon"])
def test_an_attestation_whose_time_can_not_be_is_believed_by_nobody(policies: dict[str, HostPolicy], when: str) -> None:
    ups = joined(policies, machine("his1", {"ups": when}), machine("docs1", {}))["ups"]
    assert (ups.verdict, ups.done) == (Verdict.UNKNOWN, "")
    assert ups.message == "his1 has an attestation from the future; compare the clocks"


def test_the_fleet_is_as_bad_as_its_worst_duty(
    policies: dict[str, HostPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    done = {"ups": "2026-11-20T08:00:00Z", "fans": "2026-01-01T08:00:00Z"}
    machines = {"his1": machine("his1", done), "docs1": machine("docs1", done)}
    status = join(policies, machines)
    assert [(one.name, one.verdict.value) for one in status.duties] == [("ups", "pass"), ("fans", "fail")]
    assert status.verdict is Verdict.FAIL
    assert [one["standing"] for one in status.written()["duties"]] == ["later", "overdue"]  # type: ignore[index,call-overload,union-attr]
