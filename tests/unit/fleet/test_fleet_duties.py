"""The duties of a site, joined with what every machine's ledger attests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.core import clock
from ops.core.names import Digest
from ops.core.verdict import Finding, Verdict
from ops.fleet.inventory import Inventory
from ops.fleet.status import duties
from ops.fleet.status.answer import LEDGER, with_finding
from ops.fleet.status.join import join
from ops.interfaces.fleet_status import DutyStatus, MachineStatus
from ops.interfaces.status_answer import Attested, LedgerEnd, StatusAnswer
from ops.policy import HostPolicy
from ops.policy.duty import DueDay, Duty

UPS = {"what": "Let each UPS run on its battery", "who": "it_head", "every": "92d"}
SITE: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {"it_head": {"name": "Head of IT", "phone": "+55 11 5555 0100"}},
}
NOW = clock.parse("2026-11-26T12:00:00Z")
SILENT = MachineStatus(verdict=Verdict.UNKNOWN, message="does not answer")


def policies_of(duty: dict[str, Any]) -> dict[str, HostPolicy]:
    """A site of two machines that has a duty, and one machine its own."""
    site = {**SITE, "duties": {"ups": duty}}
    variables: dict[str, Any] = {host: {"policy__all": site} for host in ("his1", "docs1")}
    variables["docs1"]["policy__host"] = {"duties": {"fans": {**UPS, "until": "2030-01-31"}}}
    return Inventory(Path(), variables, {"all": ("his1", "docs1")}).policies()


@pytest.fixture
def policies() -> dict[str, HostPolicy]:
    return policies_of(UPS)


def machine(host: str, attested: dict[str, str] | None, **told: Any) -> MachineStatus:
    """A machine whose ledger has attestations of these moments; None: it does not say."""
    known = None if attested is None else {name: Attested(when=when, by="ana", n=7) for name, when in attested.items()}
    answer = StatusAnswer(
        host=host,
        time="",
        seawall="",
        policy_digest="",
        verdict=Verdict.PASS,
        checks=(),
        duties=known,
        ledger=LedgerEnd(lines=7, head=Digest("0" * 64)),
    )
    return MachineStatus(verdict=Verdict.PASS, told=replace(answer, **told))


def joined(policies: dict[str, HostPolicy], his1: MachineStatus, docs1: MachineStatus) -> dict[str, DutyStatus]:
    return {one.name: one for one in duties.join(policies, {"his1": his1, "docs1": docs1}, NOW)}


def test_a_duty_of_the_site_is_done_by_the_newest_attestation_of_any_machine(policies: dict[str, HostPolicy]) -> None:
    his1 = machine("his1", {"ups": "2026-11-20T08:00:00Z", "fans": "2026-11-20T08:00:00Z"})
    found = joined(policies, his1, machine("docs1", {"ups": "2026-08-01T08:00:00Z"}))
    ups, fans = found["ups"], found["fans"]
    assert (ups.host, ups.standing, ups.due, ups.done, ups.by, ups.on) == (
        "",
        "later",
        "2027-02-20",
        "2026-11-20T08:00:00Z",
        "ana",
        "his1",
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


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("2027-11-26T12:00:00Z", "from the future (2027-11-26T12:00:00Z); compare the clocks"),
        ("soon", "without a time; attest it again"),
        ("0001-01-01T00:00:00Z", "without a time; attest it again"),
        (
            "1970-01-01T00:00:00Z",
            "of 1970-01-01T00:00:00Z, by a clock that stood wrong; set it and attest the duty again",
        ),
        (
            "1999-12-31T23:00:00Z",
            "of 1999-12-31T23:00:00Z, by a clock that stood wrong; set it and attest the duty again",
        ),
    ],
)
@pytest.mark.parametrize("period", [{}, {"every": None, "calendar": "quarter ends"}])
def test_an_attestation_whose_time_can_not_be_is_believed_by_nobody(
    period: dict[str, Any], when: str, why: str
) -> None:
    ups = joined(policies_of({**UPS, **period}), machine("his1", {"ups": when}), machine("docs1", {}))["ups"]
    assert (ups.verdict, ups.done) == (Verdict.UNKNOWN, "")
    assert ups.message == f"his1 has an attestation {why}"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"ledger": None}, "but shows no signed ledger"),
        (
            {"duties": {"ups": Attested(when="2026-07-20T08:00:00Z", by="ana", n=7, overtaken="2026-01-20T08:00:00Z")}},
            "of 2026-07-20T08:00:00Z, but a later record of 2026-01-20T08:00:00Z: a clock stood wrong; attest the duty",
        ),
        ({"ledger": LedgerEnd(lines=6, head=Digest("0" * 64))}, "as record 7, but its signed ledger has 6"),
        (
            {"duties": {"ups": Attested(when="2026-11-20T08:00:00Z", by="ana", n=0)}},
            "as record 0, but its signed ledger",
        ),
    ],
)
def test_the_word_of_a_machine_is_not_believed_without_a_record_of_that_time(
    policies: dict[str, HostPolicy], told: dict[str, Any], why: str
) -> None:
    his1 = machine("his1", {"ups": "2026-11-20T08:00:00Z"}, **told)
    ups = joined(policies, his1, machine("docs1", {}))["ups"]
    assert (ups.verdict, ups.standing, ups.done, ups.on) == (Verdict.UNKNOWN, "overdue", "", "")
    assert ups.message.startswith(f"his1 has an attestation {why}")
    ups = joined(policies, his1, machine("docs1", {"ups": "2026-11-01T08:00:00Z"}))["ups"]
    assert (ups.verdict, ups.done, ups.on) == (Verdict.PASS, "2026-11-01T08:00:00Z", "docs1")


@pytest.mark.parametrize(("verdict", "done"), [("fail", False), ("unknown", False), ("warn", True), ("pass", True)])
def test_a_duty_is_not_done_by_a_ledger_that_was_tampered_with(
    policies: dict[str, HostPolicy], verdict: str, done: bool
) -> None:
    finding = Finding(Verdict(verdict), "record 3 was changed")
    his1 = with_finding(machine("his1", {"ups": "2026-11-20T08:00:00Z"}), LEDGER, finding)
    ups = joined(policies, his1, machine("docs1", {}))["ups"]
    assert (ups.verdict, bool(ups.done)) == (Verdict.PASS if done else Verdict.UNKNOWN, done)
    said = "his1 has an attestation in a ledger that can't be believed: record 3 was changed"
    assert ups.message == ("" if done else said)


def test_a_duty_that_can_not_be_judged_is_unknown_and_the_others_are_told(
    policies: dict[str, HostPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine's tool that refuses a time, a time zone that is gone, a fault of ours: all in one place."""
    judge = duties.judge

    def faulty(duty: Duty, *known: Any) -> DueDay:
        if duty.until:
            raise StopIteration
        return judge(duty, *known)

    monkeypatch.setattr(duties, "judge", faulty)
    found = joined(policies, machine("his1", {"ups": "2026-11-20T08:00:00Z"}), machine("docs1", {}))
    assert (found["ups"].verdict, found["ups"].due) == (Verdict.PASS, "2027-02-20")
    assert (found["fans"].verdict, found["fans"].standing) == (Verdict.UNKNOWN, "unknown")
    assert (found["fans"].message, found["fans"].who) == ("can't be judged: StopIteration", "Head of IT")


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
