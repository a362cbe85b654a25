"""Moving foreign files out of a client's repository by a person's word, and back; both recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.names import HostName
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces import layout
from ops.interfaces.keeper_outcome import SetAsideFacts
from ops.interfaces.outcome import OutcomeFacts
from ops.jobs.host import folders
from ops.jobs.keeper.arrivals import demand_client, demand_keeper, foreign_now, noted
from ops.jobs.run.job import Ended, Outcome, perform
from ops.keeper import aside, repository
from ops.policy import HostPolicy

STAMP = "%Y%m%dT%H%M%SZ"


def set_aside(host: str, paths: Sequence[str], after: datetime | None, reason: str) -> Ended:
    """Move files of a client's repository aside: those named, those that arrived after a moment, else the foreign ones.

    The exit code is 0 when all were moved.
    """
    policy = demand_keeper()
    demand_client(policy, host)
    needed = _needed(host)
    for path in paths:
        if aside.demand_path(path) in needed:
            raise UsageError(f"{path} opens the repository of {host}; without it nobody can read anything there")
    named = paths or [path for path in _chosen(policy, host, after) if path not in needed]
    if not named:
        raise UsageError(f"the repository of {host} has no such files; nothing was moved")

    def work() -> Outcome:
        base = folders.repositories()
        move = aside.begin(base, host, clock.now().strftime(STAMP))
        moved = aside.away(base, host, move, named)
        facts = SetAsideFacts(
            move=move, files=moved.files, bytes=moved.bytes, missing=len(moved.missing), reason=reason
        )
        message = f"set aside as {move}: {counted(moved.files, 'file')} of {host} ({Size(moved.bytes)}): {reason}"
        if moved.missing:
            return Outcome(Verdict.WARN, f"{message}; {len(moved.missing)} were not there", facts, facts)
        return Outcome(Verdict.PASS, message, facts, facts)

    outcome = perform("set-aside", f"set-aside-{host}", host, policy.host, work)
    return Ended.here(outcome, outcome.code)


def bring_back(host: str, move: str, reason: str) -> Ended:
    """Move back all files that were set aside together; the exit code is 0 when all were moved."""
    policy = demand_keeper()
    demand_client(policy, host)
    base = folders.repositories()
    if move not in aside.moves(base, host):
        raise UsageError(f"nothing of {host} was set aside as {move!r}", f"known: {', '.join(aside.moves(base, host))}")

    def work() -> Outcome:
        moved = aside.back(base, host, move)
        facts = SetAsideFacts(
            move=move, files=moved.files, bytes=moved.bytes, missing=len(moved.missing), reason=reason
        )
        message = f"moved back from {move}: {counted(moved.files, 'file')} of {host}: {reason}"
        if moved.missing:
            return Outcome(Verdict.FAIL, f"{message}; {len(moved.missing)} were not, others lie in their places")
        return Outcome(Verdict.PASS, message, OutcomeFacts(), facts)

    outcome = perform("set-aside-back", f"set-aside-{host}", host, policy.host, work)
    return Ended.here(outcome, outcome.code)


def _chosen(policy: HostPolicy, host: str, after: datetime | None) -> list[str]:
    """Return the foreign files, or all that arrived after a moment."""
    if after is None:
        return [one.path for one in foreign_now(policy, host)]
    with repository.opened(folders.repositories(), host) as folder:
        return [one.path for one in repository.files(folder) if one.arrived > after.timestamp()]


def _needed(host: str) -> set[str]:
    """Return the paths of what opens a client's repository: its config, and the keys that are trusted."""
    known = noted().get(HostName(host))
    return {layout.CONFIG, *(f"{layout.KEYS}/{key}" for key in (known.keys if known else ()))}
