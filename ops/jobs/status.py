"""How this machine stands, for whoever asks: its checks, its assets, its drills, its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import ops
from ops.core import clock, kinds
from ops.core.errors import SeawallError
from ops.core.files import read_json
from ops.core.names import Digest
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.ledger import Head
from ops.health.arrivals import MOST
from ops.interfaces import joined
from ops.interfaces.state import ARRIVALS, GAPS, HEALTH, ArrivalsState, CheckResult, State
from ops.interfaces.status_answer import AssetAnswer, DrillAnswer, LedgerEnd, StatusAnswer
from ops.jobs.health.job import entry_of, look, recorded
from ops.jobs.host import folders, key_ids, own_units
from ops.jobs.ledger.attested import newest
from ops.jobs.repository import used
from ops.policy import HostPolicy
from ops.policy.compile import document_digest
from ops.policy.logs import logged
from ops.policy.model import Asset


def collect(policy: HostPolicy, states: Mapping[str, State], now: datetime) -> StatusAnswer:
    """Return how this machine stands."""
    checks, seen = _checks(policy, states, now)
    if timers := own_units.look(policy):
        checks.append(entry_of(own_units.NAME, own_units.KIND, timers))
    attested = newest(policy.all_duties, folders.state() / "ledger")  # before the end, which a record may just move
    return StatusAnswer(
        host=policy.host,
        time=clock.iso(now),
        seawall=ops.__version__,
        policy_digest=document_digest(read_json(folders.etc() / "policy.json")),
        verdict=worst(entry.verdict for entry in checks),
        assets={name: _asset(policy, name, asset, states) for name, asset in policy.assets.items()},
        drills={
            name: DrillAnswer(
                host=drilled.host,
                every_seconds=drilled.asset.drill.every.seconds if drilled.asset.drill else None,
                state=states.get(joined.drill(name)),
            )
            for name, drilled in policy.drills.items()
        },
        checks=tuple(checks),
        health_time=seen,
        gaps=states.get(GAPS),
        ledger=_ledger(),
        duties=attested,
        keys=key_ids.all_known(used(policy)),
        arrivals=_arrivals(states.get(ARRIVALS)),
    )


def _arrivals(state: State | None) -> State | None:
    """Return what the search for foreign files saw, with those alone that are told: an intruder makes any number."""
    if not isinstance(state, ArrivalsState):
        return state
    seen = {host: replace(one, foreign=one.foreign[:MOST]) for host, one in state.repositories.items()}
    return replace(state, repositories=seen)


def _asset(policy: HostPolicy, name: str, asset: Asset, states: Mapping[str, State]) -> AssetAnswer:
    return AssetAnswer(
        owner=owner_of(policy, asset),
        summary=asset.summary,
        rpo_seconds=asset.rpo.seconds,
        rto_seconds=asset.rto.seconds,
        backup=states.get(joined.backup(name)),
        copies={copy: states.get(joined.copy(name, copy)) for copy in asset.copies},
        log=states.get(joined.log(name)) if logged(asset) else None,
    )


def owner_of(policy: HostPolicy, asset: Asset) -> str:
    """Return who answers for an asset, as people call that."""
    owner = policy.contacts.get(asset.owner)
    return owner.name if owner else asset.owner


def _checks(policy: HostPolicy, states: Mapping[str, State], now: datetime) -> tuple[list[CheckResult], str | None]:
    """Return every check of the policy with its newest verdict, and when the last whole look was."""
    anew = [name for name, spec in policy.checks.items() if _judges_states(spec.kind)]
    fresh = {entry.name: entry for entry in look(policy, states, now, anew)}
    try:
        health = recorded(states, now)
    except SeawallError as error:
        missing = entry_of(HEALTH, HEALTH, Finding(Verdict.UNKNOWN, error.message))
        return [*fresh.values(), missing], None
    old = {entry.name: entry for entry in health.checks}
    unseen = Finding(Verdict.UNKNOWN, "not checked yet since it was added to the policy")
    mine = [
        fresh.get(name) or old.get(name) or entry_of(name, spec.kind, unseen) for name, spec in policy.checks.items()
    ]
    stale = [old[HEALTH]] if HEALTH in old and HEALTH not in policy.checks else []
    return [*mine, *stale], health.finished


def _judges_states(kind: str) -> bool:
    return bool(kinds.load("ops.health", kind).recorded)


def _ledger() -> LedgerEnd | None:
    """Return where the ledger ends, as its signed head says; verifying it is `seawall ledger verify`."""
    try:
        head = Head.of(folders.state() / "ledger")
        public = folders.etc() / "ledger.pub"
        key = " ".join(public.read_text(encoding="ascii").split()[:2]) if public.exists() else ""
    except (OSError, ValueError):
        return None
    return LedgerEnd(lines=head.n, head=Digest(head.sha256), key=key) if head else None
