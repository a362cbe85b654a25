"""How it stands with the keys outside the site: whether paper and holders have those that open, and who proved it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from ops.core import clock
from ops.core.errors import SeawallError
from ops.core.names import Digest
from ops.core.verdict import Verdict, worst
from ops.fleet.key_sheet import given
from ops.fleet.key_sheet.given import Given, Noted
from ops.interfaces.fleet_status import DutyStatus
from ops.policy import HostPolicy
from ops.policy.duty import Standing
from ops.policy.model import Control

NAME = "key-test"  # no duty of the policy has a `-` in its name
LEAD = timedelta(days=14)  # so long before it is due it warns; and so long after printing a new sheet is to be tested
WHAT = "open every off-site repository with the key sheet from the safe alone; somebody else than who printed it"
Known = Mapping[str, Collection[Digest]]


def standing(inventory: Path, policies: Mapping[str, HostPolicy], now: datetime) -> tuple[DutyStatus, ...]:
    """Return how it stands, as one duty; none where nothing is kept away from the site, or no key is made yet."""
    policy = next((one for one in policies.values() if one.control), None)
    if policy is None or policy.control is None or not (known := given.marks(inventory, policies)):
        return ()
    contact = policy.contacts.get(policy.control.owner)
    who, phone = (contact.name, contact.phone) if contact else (policy.control.owner, "")
    told = {"name": NAME, "host": "", "what": WHAT, "who": who, "phone": phone}
    try:
        noted = given.read(given.place(inventory))
        troubles = [*_of_paper(noted.paper, known), *_of_holders(noted, known, policy.control)]
        tested = noted.tested
        done = {"done": tested.time, "by": tested.by, "on": policy.control.name} if tested else {}
        if noted.paper is None:
            due, verdict = None, Verdict.WARN
        else:
            due = _due(noted.paper, tested, policy.control)
            verdict = _verdict(due - now)
    except (SeawallError, ValueError) as error:
        return (DutyStatus(**told, standing=Standing.UNKNOWN.value, verdict=Verdict.UNKNOWN, message=str(error)),)
    stands = {Verdict.FAIL: Standing.OVERDUE, Verdict.WARN: Standing.SOON, Verdict.PASS: Standing.LATER}[verdict]
    return (
        DutyStatus(
            **told,
            **done,
            due=due.date().isoformat() if due else "",
            standing=stands.value,
            verdict=worst([verdict, *(one for one, _ in troubles)]),
            message="; ".join(message for _, message in troubles),
        ),
    )


def _due(paper: Given, tested: Given | None, control: Control) -> datetime:
    printed = clock.parse(paper.time)
    if tested is None or clock.parse(tested.time) <= printed:
        return printed + LEAD
    return clock.parse(tested.time) + control.key_test.span


def _verdict(left: timedelta) -> Verdict:
    if left < timedelta():
        return Verdict.FAIL
    return Verdict.WARN if left <= LEAD else Verdict.PASS


def _of_paper(paper: Given | None, known: Known) -> Iterator[tuple[Verdict, str]]:
    if paper is None:
        yield Verdict.WARN, "no key sheet was printed; see seawall keys sheet"
    elif old := given.outdated(paper.keys, known):
        said = f"the key sheet of {paper.time[:10]} is older than the keys of {_listed(old)}"
        yield Verdict.FAIL, f"{said}: print a new one and destroy it"


def _of_holders(noted: Noted, known: Known, control: Control) -> Iterator[tuple[Verdict, str]]:
    sealed, wanted = noted.sealed, {*control.holders}
    if wanted and sealed is None:
        yield Verdict.WARN, f"the keys were not sealed to {_listed(sorted(wanted))}; see seawall keys seal"
    if sealed is not None and wanted != {str(name) for name in sealed.holders}:
        who = _listed(sorted(map(str, sealed.holders)))
        yield Verdict.FAIL, f"the keys are sealed to {who}, not to the policy's holders: seal them anew"
    elif sealed is not None and (old := given.outdated(sealed.keys, known)):
        yield Verdict.FAIL, f"what was sealed on {sealed.time[:10]} is older than the keys of {_listed(old)}: seal anew"
    for name, keys in noted.left.items():
        if open_still := [one for one, key in keys.items() if key in known.get(one, ())]:
            yield Verdict.WARN, f"{name}, who holds keys no more, can still open {_listed(open_still)}: rotate them"


def _listed(names: Collection[str]) -> str:
    first, more = [*names][:3], len(names) - 3
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
