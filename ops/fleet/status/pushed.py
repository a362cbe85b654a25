"""The statuses that machines handed over to their backup hosts: which one counts, and what is refused by name.

A backup host can hold a status back, or show an old one; it can't make one, for it has no machine's key. So all backup
hosts of a machine are asked, the newest status that is signed and was not seen to be overtaken counts, and whatever
else they show is said. Beside the inventory stands how new the newest of each machine was: an older one is a replay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.quantity import span
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import Head
from ops.fleet.status import clocks
from ops.fleet.status.answer import read as read_status
from ops.fleet.status.answer import with_finding
from ops.fleet.status.sshsig import signed_by
from ops.interfaces.card import Signed, opened
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.pushed import NAMESPACE, HandedOver
from ops.interfaces.status_answer import LedgerEnd
from ops.policy import HostPolicy, access

PUSH, LEDGER = "push", "ledger"
INTERVALS = 2  # that a status may be late
ON_ITS_WAY = timedelta(minutes=10)  # at most, from the machine's clock to the backup host's


@dataclass(frozen=True)
class Counting:
    """What came of a machine's statuses. told: when it was told, by the machine; None where none counts."""

    status: MachineStatus
    told: datetime | None = None


def keepers(policies: Mapping[str, HostPolicy]) -> dict[str, list[str]]:
    """Return the backup hosts of each machine whose status is read there, as the policy says."""
    found = {
        host: list(dict.fromkeys(str(policy.repositories[name].host) for name in access.beside(policy)))
        for host, policy in policies.items()
        if policy.push and policy.push.read
    }
    return {host: hosts for host, hosts in found.items() if hosts}


def judged(
    host: str,
    offered: Mapping[str, HandedOver | str],
    keys: Sequence[str],
    last: datetime | None,
    policy: HostPolicy,
    now: datetime,
) -> Counting:
    """Return which of the statuses of a machine counts, by name of the backup host that offers each.

    offered: in its place, why there is none. keys: that are known of the machine. last: of the newest that was seen.
    """
    good: list[tuple[datetime, MachineStatus]] = []
    understood: dict[str, MachineStatus] = {}  # two backup hosts mostly have the same one
    wrong: dict[str, Finding] = {}
    for keeper, one in offered.items():
        if isinstance(one, str):
            wrong[keeper] = Finding(Verdict.WARN, one)
            continue
        try:
            told, status = _accepted(host, one, keys, last, understood)
            _demand_past(told, now)
            good.append((told, status))
        except Damaged as error:
            wrong[keeper] = Finding(Verdict.FAIL, error.message)
    said = "; ".join(f"{keeper}: {finding.message}" for keeper, finding in wrong.items())
    if not good:
        return Counting(MachineStatus(verdict=Verdict.UNKNOWN, message=f"no status of it counts: {said}"))
    told, status = max(good, key=lambda pair: pair[0])
    every = policy.push.span if policy.push else timedelta()
    age = now - told
    if age > INTERVALS * every + clock.SKEW:
        due = f"one is due every {span(every.total_seconds())}"
        late = f"its last status is of {clock.iso(told)}, {span(age.total_seconds())} ago; {due}"
        return Counting(MachineStatus(verdict=Verdict.UNKNOWN, message="; ".join(filter(None, (late, said)))), told)
    if wrong:
        worst = max((finding.verdict for finding in wrong.values()), key=lambda verdict: verdict.severity)
        status = with_finding(status, PUSH, Finding(worst, said))
    return Counting(status, told)


def _accepted(
    host: str,
    one: HandedOver,
    keys: Sequence[str],
    last: datetime | None,
    understood: dict[str, MachineStatus],
) -> tuple[datetime, MachineStatus]:
    """Return a status that is signed and new, and when it was told; raise Damaged with what is wrong with it.

    understood: the statuses that were read, by their content.
    """
    status = understood.get(one.content)
    if status is None:
        status = understood[one.content] = _signed(host, one, keys)
    if status.told is None:
        raise Damaged(status.message)
    if status.told.host != host:
        raise Damaged(f"what lies there is the status of {status.told.host}: replayed")
    told, arrived = _moments(status.told.time, one.arrived)
    if last is not None and told < last:
        newer = f"one that was seen, of {clock.iso(last)}"
        raise Damaged(f"its status of {clock.iso(told)} is older than {newer}: replayed")
    return told, clocks.compared(status, arrived - ON_ITS_WAY, arrived)


def _demand_past(told: datetime, now: datetime) -> None:
    """Raise Damaged for a status of a time to come: it would count until then, whatever becomes of its machine."""
    if told > now + clock.SKEW:
        ahead = span((told - now).total_seconds())
        raise Damaged(f"its status is of {clock.iso(told)}, {ahead} from now: the machine's clock was ahead")


def _signed(host: str, one: HandedOver, keys: Sequence[str]) -> MachineStatus:
    """Return what a machine signed with a key that is known of it; raise Damaged."""
    if not keys:
        raise Damaged(f"no ledger key of {host} is known yet: seawall status --ask notes it")
    signed = _opened(one)
    if not signed_by(signed.text, signed.signature, keys, NAMESPACE):
        raise Damaged(f"what lies there is not signed by the key that is known of {host}: forged")
    return read_status(signed.text)


def _opened(one: HandedOver) -> Signed:
    try:
        return opened(one.content.encode("utf-8", "replace"), "what lies there")
    except Damaged as error:
        raise Damaged(f"what lies there is no status: {error.message.splitlines()[0]}") from error


def _moments(told: str, arrived: str) -> tuple[datetime, datetime]:
    try:
        return clock.parse(told), clock.parse(arrived)
    except ValueError as error:
        raise Damaged("it tells no time that can be read") from error


def held(end: LedgerEnd | None, anchor: Head | None) -> Finding | None:
    """Judge the end of a ledger that was handed over against a head that was seen before; None where nothing is wrong.

    Whether a longer one still holds that head only the machine can show: `seawall status --ask` and `control collect`.
    """
    if anchor is None or (end and (end.lines > anchor.n or (end.lines, end.head) == (anchor.n, anchor.sha256))):
        return None
    words = f"ends with record {end.lines}" if end else "has no end"
    return Finding(Verdict.FAIL, f"its ledger {words}, and record {anchor.n} was seen before")
