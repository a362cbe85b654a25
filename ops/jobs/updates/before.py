"""Before an update: a set of each asset, every package's version, the packages that go, /etc, and a snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Unavailable, UsageError
from ops.core.files import demand_room, digest
from ops.core.printable import printable
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.outcome import BackupFacts
from ops.interfaces.update import BEFORE, MOST_EARLIER, SUBJECT, BeforeUpdateFacts, Kept, KeptSet
from ops.jobs.backup.job import back_up
from ops.jobs.host import folders, own_policy, state_files
from ops.jobs.run.job import Ended, Outcome, actor, perform, record
from ops.jobs.updates import configuration, keeping, kept, packages, services, snapshots
from ops.policy import HostPolicy

ROOM = 256 << 20  # bytes beyond what is kept: the update itself needs some
LONGEST_REASON = 300
_FORGOTTEN = "before-update-forgotten"


@dataclass(frozen=True)
class Planned:
    """What would be kept. replaced: versions of now, by package. listed: what apt's lists have of them."""

    policy: HostPolicy
    assets: tuple[str, ...]
    here: Mapping[str, packages.Installed]
    replaced: Mapping[str, str]
    listed: Mapping[str, keeping.Listed]

    @property
    def bytes(self) -> int:
        """How much room it takes at most."""
        etc = sum(path.lstat().st_size for path in Path("/", configuration.PLACE).rglob("*") if path.is_file())
        return keeping.needed(self.replaced, self.listed, self.here) + etc + ROOM


def planned(names: Sequence[str], assets: Sequence[str] | None) -> Planned:
    """Return what would be kept before an update of some packages, by default of all.

    assets: of which a set is made; None: of all that this machine has. Raise UsageError for a name that is not known,
    Unavailable when apt can't plan the update or there is no room.
    """
    policy = own_policy.read()
    chosen = tuple(policy.assets if assets is None else assets)
    if strange := [name for name in chosen if name not in policy.assets]:
        raise UsageError(
            f"this machine has no asset {', '.join(strange)}", f"it has {', '.join(policy.assets) or 'none'}"
        )
    here = packages.installed()
    replaced = packages.replaced_by(names, here)
    plan = Planned(policy, chosen, here, replaced, keeping.listed(replaced))
    demand_room(folders.state(), plan.bytes, "keeping what an update replaces")
    return plan


def keep(plan: Planned, reason: str, by: str = "") -> Ended:
    """Keep everything of a plan; the exit code is 0 when all of it was kept, or what is missing is named."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UsageError(
            f"say in at most {LONGEST_REASON} letters what is updated, and why", "--reason 'his 2.4, bug 17'"
        )
    host, who = plan.policy.host, printable(by) or actor().removeprefix("person:")
    outcome = perform(BEFORE, BEFORE, SUBJECT, host, lambda: _worked(plan, printable(reason), who))
    return Ended.here(outcome, outcome.code)


def forget(identity: str) -> None:
    """Remove a moment with its snapshots, to have room; the ledger tells of it. Raise SeawallError, OSError."""
    note = kept.read(identity)
    facts = BeforeUpdateFacts(time=note.time, id=note.id, by=actor().removeprefix("person:"))
    message = f"what was kept on {note.id} is removed: {note.reason}"
    record(_FORGOTTEN, SUBJECT, own_policy.read().host, clock.now(), Outcome(Verdict.PASS, message, facts=facts))
    for snapshot in note.snapshots:
        snapshots.remove(Path(snapshot))
    shutil.rmtree(kept.place(note.id))


def _worked(plan: Planned, reason: str, by: str) -> Outcome:
    started = clock.now()
    sets = {asset: _set(asset, started) for asset in plan.assets}  # first: the update must wait for these alone
    for identity in kept.unfinished():
        snapshots.forget(identity)
    part = kept.begun()
    announce(f"keeping {counted(len(plan.replaced), 'package')} and /{configuration.PLACE}")
    found, missing = keeping.keep(plan.replaced, plan.listed, part / kept.PACKAGES)
    archive = part / kept.CONFIGURATION
    configuration.pack(Path("/"), archive)
    snapped = [*snapshots.made(part.stem)]
    not_run = [why for _, why in snapped if why]
    if services.running() is None:
        not_run.append("services were not looked at: systemd does not run this machine")
    note = Kept(
        id=part.stem,
        host=plan.policy.host,
        time=clock.iso(clock.now()),
        reason=reason,
        by=by,
        packages={name: one.version for name, one in plan.here.items()},
        automatic=packages.marked("showauto", plan.here),
        held=packages.marked("showhold", plan.here),
        kept=found,
        missing=missing,
        sets=sets,
        services=services.running(),
        loud=services.loud() or (),
        configuration=digest(archive),
        snapshots=tuple(str(path) for path, _ in snapped if path),
        not_run=tuple(not_run),
    )
    kept.finished(part, note)
    kept.demand_whole(note)
    return _outcome(note, plan, (clock.now() - started).total_seconds())


def _set(asset: str, started: datetime) -> KeptSet:
    """Make a set of an asset now; raise Unavailable when it is not good: nothing may be updated without it."""
    announce(f"backing up {asset}")
    ended = back_up(asset, "")
    state = state_files.read_act(joined.backup(asset))
    good = state.good(BackupFacts) if state else None
    if ended.code or good is None or clock.parse(good.time) < started.replace(microsecond=0):
        said = state.message if state else "it left no word"
        raise Unavailable(f"{asset} could not be backed up: {said}", "mend that first; do not update before")
    return KeptSet(set=good.set, time=good.time, repository=good.repository)


def _outcome(note: Kept, plan: Planned, seconds: float) -> Outcome:
    before = state_files.read_act(BEFORE)
    good = before.good(BeforeUpdateFacts) if before else None
    facts = BeforeUpdateFacts(
        time=note.time,
        id=note.id,
        reason=note.reason,
        by=note.by,
        installed=len(note.packages),
        replaced=plan.replaced,
        missing=tuple(sorted(note.missing)),
        sets={asset: one.set for asset, one in note.sets.items()},
        configuration=note.configuration,
        snapshots=note.snapshots,
        not_run=note.not_run,
        bytes=kept.size(kept.place(note.id)),
        seconds=seconds,
        earlier=good.moments[:MOST_EARLIER] if good else (),
    )
    message = f"{note.id}: {counted(len(note.sets), 'set')}, {counted(len(note.kept), 'package')} of "
    message += f"{len(plan.replaced)} that go, /etc, {Size(facts.bytes)}"
    if not plan.replaced:
        message += "; apt knows of no update: if that is wrong, run apt-get update, then this again"
    if note.missing:
        first = sorted(note.missing)[0]
        more = f" and {len(note.missing) - 1} more" if len(note.missing) > 1 else ""
        message += f"; can't be brought back: {first}{more} ({note.missing[first]})"
    verdict = Verdict.WARN if note.missing or not plan.replaced else Verdict.PASS
    return Outcome(verdict, message, facts, facts)
