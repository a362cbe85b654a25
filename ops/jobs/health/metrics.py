"""What a round of checks leaves for a site's own Prometheus: at most twenty figures, and none that names anything.

An age is never written down: it would stand still with the file. What is written is the moment, and whoever reads it
subtracts. The file is for every account of the machine, so it lies apart from all that the account of the checks keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import ops
from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged
from ops.core.files import write_atomically
from ops.core.verdict import Verdict
from ops.evidence.ledger import Head
from ops.interfaces import joined
from ops.interfaces.outcome import BackupFacts, CopyFacts, DrillFacts
from ops.interfaces.state import GAPS, ActState, GapsState, HealthState, State
from ops.jobs.host import folders
from ops.policy import HostPolicy
from ops.reports.metrics import Series, text

BAD = (Verdict.FAIL, Verdict.UNKNOWN)


def leave(policy: HostPolicy, states: Mapping[str, State], seen: HealthState) -> None:
    """Write the figures of a round where the policy wants them, else remove those of before.

    A file that can't be written ends no round: it stays as old as it is, which the rule for that tells.
    """
    path = folders.metrics()
    try:
        if policy.metrics:
            write_atomically(path, text(series(policy, states, seen)), 0o644)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        announce(f"{path} was not written: {error.strerror}")


def series(policy: HostPolicy, states: Mapping[str, State], seen: HealthState) -> Iterator[Series]:
    """Yield the figures of this machine. seen: what the last round of checks saw."""
    yield Series("seawall_info", "The release of Seawall, as a label.", 1, {"version": ops.__version__})
    with suppress(ValueError):
        when = clock.parse(seen.finished).timestamp()
        yield Series("seawall_health_timestamp_seconds", "When the last round of checks ended.", when)
    words = "The worst verdict of the last round: 0 pass, 1 warn, 2 fail, 3 unknown."
    yield Series("seawall_health_verdict", words, seen.verdict.exit_code)
    for verdict in Verdict:
        count = sum(1 for entry in seen.checks if entry.verdict is verdict)
        yield Series("seawall_checks", "Checks of the last round, by verdict.", count, {"verdict": verdict.value})
    for acts in (_backups(policy, states), _copies(policy, states), _drills(policy, states)):
        yield from acts.series()
    gaps = states.get(GAPS)
    if isinstance(gaps, GapsState):
        yield Series("seawall_gaps", "Things that the last search found and no asset covers.", len(gaps.gaps))
    with suppress(OSError, ValueError):
        if head := Head.of(folders.state() / "ledger"):
            yield Series("seawall_ledger_records", "Records in this machine's ledger.", head.n)


@dataclass(frozen=True)
class _Acts:
    """Acts of one kind. good: for each, the moment of its last good one, if any, and for how long that is enough."""

    one: str
    many: str
    moment: str
    failed: int
    good: tuple[tuple[datetime | None, int | None], ...]

    def series(self) -> Iterator[Series]:
        """Yield their figures; of none there are none."""
        if not self.good:
            return
        words = f"{self.many.capitalize()} whose newest run ended in fail or unknown."
        yield Series(f"seawall_{self.many}_failed", words, self.failed)
        missing = sum(1 for when, _ in self.good if when is None)
        yield Series(
            f"seawall_{self.many}_missing", f"{self.many.capitalize()} of which no good one is known.", missing
        )
        known = [when for when, _ in self.good if when]
        if known:
            name = f"seawall_{self.one}_oldest_timestamp_seconds"
            yield Series(name, f"{self.moment}, where that is longest ago.", min(known).timestamp())
        due = [when.timestamp() + enough for when, enough in self.good if when and enough is not None]
        if due:
            words = f"When the first {self.one} is older than the policy allows."
            yield Series(f"seawall_{self.one}_due_timestamp_seconds", words, min(due))


def _backups(policy: HostPolicy, states: Mapping[str, State]) -> _Acts:
    acts = {name: states.get(joined.backup(name)) for name in policy.assets}
    good = [(_moment(acts[name], BackupFacts), asset.rpo.seconds) for name, asset in policy.assets.items()]
    return _Acts("backup", "backups", "Time of the data in the newest good backup", _failed(acts.values()), (*good,))


def _copies(policy: HostPolicy, states: Mapping[str, State]) -> _Acts:
    """A copy has a calendar, not an age: when it is late the check says."""
    acts = [states.get(joined.copy(name, copy)) for name, asset in policy.assets.items() for copy in asset.copies]
    good = tuple((_moment(act, CopyFacts), None) for act in acts)
    return _Acts("copy", "copies", "Time of the data in the newest good copy", _failed(acts), good)


def _drills(policy: HostPolicy, states: Mapping[str, State]) -> _Acts:
    every = {name: one.asset.drill.every.seconds for name, one in policy.drills.items() if one.asset.drill}
    acts = {name: states.get(joined.drill(name)) for name in every}
    good = tuple((_moment(acts[name], DrillFacts), seconds) for name, seconds in every.items())
    return _Acts("drill", "drills", "When the newest good drill began", _failed(acts.values()), good)


def _moment(state: State | None, kind: type[BackupFacts | CopyFacts | DrillFacts]) -> datetime | None:
    """Return the time that the last good act tells; None where there is none, or it can't be read."""
    if not isinstance(state, ActState):
        return None
    try:
        facts = state.good(kind)
        return clock.parse(facts.time) if facts else None
    except (Damaged, ValueError):
        return None


def _failed(acts: Iterable[State | None]) -> int:
    return sum(1 for act in acts if act is not None and act.verdict in BAD)
