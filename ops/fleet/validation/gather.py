"""What a validation protocol tells, from the collected ledgers and the policy; no machine is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from ops import __version__
from ops.core import clock
from ops.core.errors import UsageError
from ops.fleet.conformity import load
from ops.fleet.conformity.facts import Facts
from ops.fleet.conformity.gather import end_of, gather, zone_of
from ops.fleet.conformity.judge import UsedPack, judge
from ops.fleet.control_machine import host_facts, identity
from ops.fleet.inventory import Inventory
from ops.interfaces.joined import ALARM_DRILL
from ops.interfaces.validation import Protocol, System, Trial

# What proves that something works. A drill with injected damage must fail, and says nothing of the data themselves.
TRIALS = ("drill", "oldest", "recall", "restore", ALARM_DRILL)


def protocol(inventory: Inventory, last: date) -> Protocol:
    """Return the protocol of the twelve months that end with a day; raise UsageError for a day that is not over."""
    policies = inventory.policies()
    if end_of(last, zone_of(policies)) > clock.now():
        raise UsageError(
            f"{last} is not over yet", "name a day that is with --until; its evidence does not change any more"
        )
    facts = gather(inventory, last, f"{first_of(last)}/{last}")
    return made(facts, load.used(inventory), releases(inventory))


def first_of(last: date) -> date:
    """Return the first day of twelve months that end with a day."""
    after = last + timedelta(days=1)
    try:
        return after.replace(year=after.year - 1)
    except ValueError:  # the 29th of February
        return after.replace(year=after.year - 1, day=28)


def releases(inventory: Inventory) -> dict[str, str]:
    """Return the Debian release of each machine that was looked at."""
    return {host: one.release for host, one in host_facts.read(identity.folder(inventory.path)).items()}


def made(facts: Facts, packs: list[UsedPack], known: Mapping[str, str]) -> Protocol:
    """Return the protocol of some facts. Pure: the same facts give the same protocol."""
    return Protocol(
        since=clock.iso(facts.since),
        until=clock.iso(facts.until),
        seawall=__version__,
        policy_sha256=facts.policy_sha256,
        systems=tuple(_systems(facts, known)),
        trials=tuple(_trials(facts)),
        conformity=judge(packs, facts),
    )


def _systems(facts: Facts, known: Mapping[str, str]) -> Iterator[System]:
    for host, policy in sorted(facts.policies.items()):
        for name, asset in sorted(policy.assets.items()):
            contact = policy.contacts.get(asset.owner)
            yield System(
                name=name,
                summary=asset.summary,
                owner=contact.name if contact else asset.owner,
                host=host,
                kinds=tuple(sorted({source.kind for source in asset.sources.values()})),
                release=known.get(host, ""),
            )


def _trials(facts: Facts) -> Iterator[Trial]:
    since = clock.iso(facts.since)
    for host, ledger in sorted(facts.ledgers.items()):
        tallies = {(tally.act.act, tally.act.asset): tally for tally in ledger.tallies}
        seen = {key[:2]: last for key, last in ledger.acts.items() if key[0] in TRIALS and last.newest.when >= since}
        for (act, subject), last in sorted(seen.items()):
            tally = tallies.get((act, subject))
            yield Trial(
                act=act,
                subject=subject,
                host=host,
                verdict=last.verdict,
                when=last.newest.when,
                n=last.newest.n,
                sha256=last.newest.sha256,
                message=last.newest.message,
                expected=tally.expected if tally else None,
                done=len(tally.on_time) + len(tally.late) if tally else None,
                missing=len(tally.missing) if tally else None,
                failed=tally.failed if tally else None,
            )
