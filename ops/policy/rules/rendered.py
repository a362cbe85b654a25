"""Demands on a machine's own part of the policy, as that machine judges it before it obeys it.

Whoever rendered it has judged the whole site; but it may be another release, or somebody's editor. What would give two
things one name, or a time that nothing can keep, is refused here, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.core.quantity import Duration
from ops.interfaces import joined as names_joined
from ops.policy import peers, rotations
from ops.policy.alarm_drill import STAGED, STAGED_CHECKS, TIMER_CHECK
from ops.policy.model import Asset, CheckSpec, HostPolicy
from ops.policy.rules import alarms, checks, exports, joined, names, power, retention, site, spans, standby


def judge(policy: HostPolicy) -> Iterator[Problem]:
    """Yield what is wrong with a machine's part of the policy."""
    yield from names.of_host(policy.host)
    yield from site.judge(policy.site)
    for name in policy.repositories:
        yield from names.formed(f"policy.repositories.{name}", name)
    zone = policy.site.timezone
    for name, asset in policy.assets.items():
        yield from _asset(f"policy.assets.{name}", name, asset, zone)
    for name, drilled in policy.drills.items():
        yield from names.of_host(drilled.host)
        yield from _asset(f"policy.drills.{name}.asset", name, drilled.asset, zone)
    made = joined.derived(policy)
    for name, spec in policy.checks.items():
        yield from _check(f"policy.checks.{name}", name, spec, made)
    yield from joined.of_host(policy)
    yield from alarms.of_host(policy)
    yield from exports.of_host(policy)
    for name, group in (policy.power or {}).items():
        yield from power.of_group(f"policy.power.{name}", name, group)
    for name, one in (policy.standby or {}).items():
        yield from standby.of_one(f"policy.standby.{name}", name, one)


def _asset(path: str, name: str, asset: Asset, zone: str) -> Iterator[Problem]:
    yield from names.of_asset(path, name)
    for label in asset.sources:
        yield from names.of_source(f"{path}.sources.{label}", label)
    for copy in asset.copies:
        yield from names.formed(f"{path}.copies.{copy}", copy)
    yield from spans.judge(path, asset, zone)
    yield from retention.judge(f"{path}.retention", asset.retention, asset.rpo)


def _check(path: str, name: str, spec: CheckSpec, made: set[str]) -> Iterator[Problem]:
    """A check that follows from something has the name of that, or the one that an earlier release gave it."""
    if name in made and (spec.kind, name.partition("-")[0]) == (peers.ASKS, peers.CHECK):
        return
    if not joined.follows(spec):
        yield from names.formed(path, name)
        if (name, spec.kind) != (TIMER_CHECK, "units") or name not in made:
            yield from checks.named(path, name, spec)
        return
    if (name in STAGED_CHECKS, spec.kind) == (True, STAGED) and name in made:
        return
    asset, copy = (str(getattr(spec.options, word, "")) for word in ("asset", "copy"))
    whole = str(getattr(spec.options, "repository", "")) if spec.kind == rotations.CHECK else ""
    of = asset or whole or str(getattr(spec.options, "export", "") or getattr(spec.options, "standby", ""))
    wanted = names_joined.check(spec.kind, of, copy) if of else spec.kind
    if name not in {wanted, names_joined.former_check(spec.kind, of, copy)} or wanted not in made:
        yield Problem(path, f"no check of kind {spec.kind} is called {name!r} here: nothing that it follows from is")
    for what in ("rpo", "grace", "every"):
        if isinstance(span := getattr(spec.options, what, None), Duration):
            yield from spans.in_range(f"{path}.options.{what}", what, span)
