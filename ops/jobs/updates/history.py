"""Each update of packages as a record in the ledger: when, who asked for it, what it replaced, what was kept before it.

The rounds of checks look at dpkg's log where the policy asks whether everything is kept before updates; so an update is
recorded whoever made it, and however.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.core import clock, dpkg_log
from ops.core.dpkg_log import Replaced
from ops.core.printable import printable
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.health import before_update
from ops.interfaces.state import HealthState
from ops.interfaces.update import BEFORE, SEEN, SUBJECT, BeforeUpdateFacts, Moment, UpdateFacts
from ops.jobs.host import state_files
from ops.jobs.run.job import Outcome, ended
from ops.policy import HostPolicy

CHECK = "before_update"
APT = Path("/var/log/apt/history.log")
_MOST = 16 << 20  # bytes of apt's log
_ASKED = re.compile(r"^Requested-By: (\S{1,64}) ", re.MULTILINE)
_TIMES = re.compile(r"^(?:Start|End)-Date: (\d{4}-\d\d-\d\d) +(\d\d:\d\d:\d\d)$", re.MULTILINE)


def follow(policy: HostPolicy, seen: HealthState, now: datetime) -> None:
    """Record each update that has ended and is not recorded yet, since the policy asks for it.

    seen: what the round has seen, which knows since when. Raise SeawallError or OSError when it can't be recorded.
    """
    begin, asked = _since(policy, seen), _asked(policy)
    if begin is None or not Path(asked.path).exists():
        return
    before, state = state_files.read_act(BEFORE), state_files.read_act(SEEN)
    kept = before.good(BeforeUpdateFacts) if before else None
    last = state.good(UpdateFacts) if state else None
    if last:
        begin = max(begin, clock.parse(last.ended) + timedelta(seconds=1))
    lines = [one for one in dpkg_log.replaced(Path(asked.path)) if begin <= one.when <= now]
    for run in dpkg_log.runs(lines):
        if (now - run[-1].when).total_seconds() > dpkg_log.TOGETHER:  # else more of it may still come
            _recorded(policy.host, run, before_update.covering(run[0].when, kept.moments if kept else (), asked.within))


def _since(policy: HostPolicy, seen: HealthState) -> datetime | None:
    names = {name for name, spec in policy.checks.items() if spec.kind == CHECK}
    times = [clock.parse(entry.since) for entry in seen.checks if entry.name in names and entry.since]
    return min(times, default=None)


def _asked(policy: HostPolicy) -> before_update.Options:
    """Return what the first check of this kind asks for."""
    found = (spec.options for spec in policy.checks.values() if spec.kind == CHECK)
    return next((one for one in found if isinstance(one, before_update.Options)), before_update.Options())


def _recorded(host: str, run: Sequence[Replaced], before: Moment | None) -> None:
    facts = UpdateFacts(
        time=clock.iso(run[0].when),
        ended=clock.iso(run[-1].when),
        by=_asked_by(run[0].when),
        replaced={one.name: f"{one.old} -> {one.new}" for one in run},
        before=before.id if before else "",
    )
    message = f"{counted(len(run), 'package')} replaced; "
    message += f"kept before it: {before.id}" if before else "nothing was kept before it"
    ended(SEEN, SEEN, SUBJECT, host, run[0].when, Outcome(Verdict.PASS, message, facts, facts))


def _asked_by(when: datetime) -> str:
    """Return who had asked apt for what was done at a moment; empty where apt does not know."""
    try:
        with APT.open("rb") as file:
            text = file.read(_MOST).decode("utf-8", "replace")
    except OSError:
        return ""
    for part in text.split("\n\n"):
        times = [*_moments(part)]
        if times and times[0] <= when <= times[-1] + timedelta(seconds=1) and (asked := _ASKED.search(part)):
            return printable(asked[1])
    return ""


def _moments(part: str) -> Iterator[datetime]:
    for day, time in _TIMES.findall(part):
        yield datetime.fromisoformat(f"{day} {time}").replace(fold=1).astimezone(UTC)
