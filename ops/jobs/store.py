"""A store of somebody else: its locks are renewed, and what was written over or deleted there comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import SeawallError, UsageError
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.keeper_outcome import RecoveryFacts, RenewalFacts
from ops.interfaces.target import Kept, Spoiled
from ops.jobs.host import credentials, own_policy, repositories
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy, access

_TOLD = 3  # names in a message


def renew(name: str) -> Ended:
    """Renew the locks of every machine's files in a repository, through the unit where a person starts it.

    The exit code is 0 when all of them were. Raise UsageError where this machine renews none there.
    """
    policy = own_policy.read()
    if name not in access.renewed(policy):
        known = ", ".join(access.renewed(policy)) or "none"
        raise UsageError(f"{policy.host} renews no locks in {name!r}", f"it does in: {known}")
    act = joined.renewal(name)
    if ended := run_in_unit(joined.service(act), act):
        return ended
    outcome = perform("renew", act, name, policy.host, lambda: _renewed(policy, name))
    return Ended.here(outcome, outcome.code)


def _renewed(policy: HostPolicy, name: str) -> Outcome:
    repository = policy.repositories[name]
    target = access.target(repository.kind)
    url = credentials.find(access.address_file(joined.locks_of(name)))
    told = _kept(policy, name).renewed(repository.options, url, Path(target.authority(repository.options)))
    facts = RenewalFacts(repository=name, files=told.files, until=clock.iso(told.until))
    said = f"{counted(told.files, 'file')} in {name} locked until {clock.iso(told.until)}"
    if told.wrong:
        return Outcome(Verdict.FAIL, f"{said}; not all: {told.wrong}", None, facts)
    if not told.files:
        return Outcome(Verdict.WARN, f"{name} holds no files yet: no lock was renewed", facts, facts)
    return Outcome(Verdict.PASS, said, facts, facts)


@dataclass(frozen=True)
class Recovery:
    """A repository of this machine at a store, and what of it was written over or deleted."""

    policy: HostPolicy
    name: str
    place: repositories.OpenRepository
    found: Sequence[Spoiled]

    @property
    def lost(self) -> list[Spoiled]:
        """What has no right version left."""
        return [one for one in self.found if not one.right]


def looked(name: str) -> Recovery:
    """Return what was spoiled in a repository of this machine; raise UsageError for one that keeps no versions."""
    policy = own_policy.read()
    place = repositories.open_own(policy, name)
    kept = _kept(policy, name)
    return Recovery(policy, name, place, list(kept.spoiled(place.repository.url, place.repository.authority)))


def recover(wanted: Recovery, reason: str) -> Ended:
    """Bring the right version of each file back; that is recorded. The exit code is 0 when nothing is missing."""
    name = wanted.name
    work = f"recover-{name}"
    outcome = perform("recover", work, name, wanted.policy.host, lambda: _recovered(wanted, reason))
    return Ended.here(outcome, outcome.code)


def _recovered(wanted: Recovery, reason: str) -> Outcome:
    kept, repository = _kept(wanted.policy, wanted.name), wanted.place.repository
    back, wrong = 0, [f"{one.path}: no right version is left" for one in wanted.lost]
    for one in wanted.found:
        if not one.right:
            continue
        try:
            kept.bring_back(repository.url, repository.authority, one)
            back += 1
        except SeawallError as error:
            wrong.append(f"{one.path}: {error.message}")
    announce(f"{wanted.name}: {counted(back, 'file')} brought back")
    facts = RecoveryFacts(repository=wanted.name, back=back, lost=len(wrong), reason=reason)
    said = f"{counted(back, 'file')} in {wanted.name} brought back: {reason}"
    if wrong:
        more = f" and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        message = f"{said}; not {', '.join(wrong[:_TOLD])}{more}"
        return Outcome(Verdict.FAIL, message, None, facts, damaged=True)
    return Outcome(Verdict.PASS, said, facts, facts)


def _kept(policy: HostPolicy, name: str) -> Kept[Any]:
    kept = access.target(policy.repositories[name].kind).kept if name in policy.repositories else None
    if kept is None:
        raise UsageError(f"{name} is no repository at a store that keeps versions", "see: seawall policy show")
    return kept
