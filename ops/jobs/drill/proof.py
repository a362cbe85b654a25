"""Telling the keepers of a set what a drill showed of it: they have no key, and never let the last proven set go."""

from __future__ import annotations

from dataclasses import replace

from ops.core.errors import SeawallError
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import ProofCard
from ops.interfaces.outcome import DrillFacts
from ops.jobs.host import cards, repositories
from ops.jobs.run.job import Outcome
from ops.policy import HostPolicy, access
from ops.policy.model import Drilled


def told(policy: HostPolicy, name: str, drilled: Drilled, outcome: Outcome) -> Outcome:
    """Hand over what a drill showed; return its outcome, with what is to be said of keepers that were not reached.

    A drill with injected damage shows nothing of a set.
    """
    facts = outcome.facts
    if not isinstance(facts, DrillFacts) or facts.sabotage or not facts.set:
        return outcome
    card = ProofCard(
        client=HostName(drilled.host),
        asset=Name(name),
        set=SetId(facts.set),
        by=HostName(policy.host),
        drilled=facts.time,
        passed=outcome.good is not None,
        manifest=Digest(facts.manifest_sha256) if facts.manifest_sha256 else None,
    )
    missed = cards.of_drill(_keepers(policy, drilled), card)
    return replace(outcome, message=f"{outcome.message}; {missed}") if missed else outcome


def _keepers(policy: HostPolicy, drilled: Drilled) -> list[repositories.OpenRepository]:
    """Return the repositories of an asset that this machine may read over the network."""
    names = dict.fromkeys([drilled.asset.repository, *(copy.to for copy in drilled.asset.copies.values())])
    found = []
    for name in names:
        if access.served(policy.repositories[name]):
            try:
                found.append(repositories.open_as_reader(policy, drilled.host, name))
            except SeawallError:
                continue  # no account there, which the drill itself says where it needs one
    return found
