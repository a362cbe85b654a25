"""Restore an asset of another machine on this one, prove it against its manifest, measure, and leave no trace."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.core import clock, kinds
from ops.core.errors import SeawallError, UsageError
from ops.core.verdict import Verdict
from ops.jobs import settings
from ops.jobs.act import Outcome, perform
from ops.jobs.rehearsal import Rehearsal
from ops.jobs.request import asked, requested
from ops.jobs.unit import delegated
from ops.policy import HostPolicy
from ops.policy.model import Drilled


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall drill`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n  seawall drill his                    from where its sets go first\n"
        "  seawall drill his --from offsite     from the other site\n"
    )
    parser.add_argument("asset", help="the asset's name in the policy")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="restore from this repository")


def execute(options: Namespace) -> int:
    """Drill one asset; exit code by verdict: what could not be tried is unknown, never a pass."""
    act = f"drill-{options.asset}"
    with asked(act, options.source):
        if (code := delegated(f"seawall-{act}.service", act, as_json=options.json)) is not None:
            return code
    source = options.source or requested(act)
    policy = settings.policy()
    drilled = _chosen(policy, options.asset)
    outcome = perform(
        "drill",
        act,
        options.asset,
        policy.host,
        lambda: _work(policy, options.asset, drilled, source or drilled.asset.repository),
        failed=Verdict.UNKNOWN,
    )
    print(json.dumps(dict(outcome.facts)) if options.json else f"{outcome.verdict.value}: {outcome.message}")
    return outcome.verdict.exit_code


def _chosen(policy: HostPolicy, name: str) -> Drilled:
    if name not in policy.drills:
        near = kinds.nearest(name, list(policy.drills))
        raise UsageError(
            f"{policy.host} drills no asset {name!r}{near}", f"it drills: {', '.join(policy.drills) or 'none'}"
        )
    return policy.drills[name]


def _work(policy: HostPolicy, name: str, drilled: Drilled, repository: str) -> Outcome:
    asset = drilled.asset
    known = [asset.repository, *(copy.to for copy in asset.copies.values())]
    if repository not in known:
        raise SeawallError(f"{name} is not kept in {repository!r}", f"it is kept in: {', '.join(known)}")
    with Rehearsal(policy, name, drilled, repository).played() as played:
        rungs = played.rungs
        recovery, age = played.recovery_seconds, played.data_age_seconds
    rungs = [*rungs, *_times(asset.rto.seconds, recovery, asset.rpo.seconds, age, fresh=repository == asset.repository)]
    verdict = max((rung["verdict"] for rung in rungs), key=lambda word: Verdict(word).severity)
    wrong = [f"{rung['name']}: {rung['message']}" for rung in rungs if rung["verdict"] != "pass"]
    facts = {
        "time": clock.iso(clock.now()),
        "set": played.set_id,
        "repository": repository,
        "data_time": played.data_time,
        "data_age_seconds": age,
        "recovery_seconds": recovery,
        "parts": played.parts,
        "rungs": rungs,
        "rto_seconds": asset.rto.seconds,
        "rpo_seconds": asset.rpo.seconds,
    }
    said = f"set {played.set_id[:8]} from {repository} restored in {recovery} s (RTO {asset.rto}), {len(rungs)} rungs"
    message = f"{said}; {'; '.join(wrong)}" if wrong else f"{said} pass"
    return Outcome(Verdict(verdict), message, facts if verdict == "pass" else None, facts)


def _times(rto: int, recovery: float, rpo: int, age: float, *, fresh: bool) -> list[dict[str, str]]:
    """Judge what was measured; a copy is older than the RPO by its calendar, so there the age is only told."""
    over, old = recovery > rto, age > rpo and fresh
    return [
        {"name": "rto", "verdict": "fail" if over else "pass", "message": f"recovered in {recovery} s of {rto} s"},
        {"name": "rpo", "verdict": "fail" if old else "pass", "message": f"the data are {age:.0f} s old; RPO {rpo} s"},
    ]
