"""Back to before an update: packages from the files that were kept, then /etc, then the services that ran."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.files import demand_room
from ops.core.printable import printable
from ops.core.quantity import counted, span
from ops.core.verdict import Verdict
from ops.interfaces.update import BACK, SUBJECT, Kept, RollBackFacts
from ops.jobs.host import own_policy
from ops.jobs.run.job import Ended, Outcome, actor, perform, record
from ops.jobs.updates import configuration, kept, packages, services
from ops.jobs.updates.before import LONGEST_REASON, ROOM
from ops.jobs.updates.configuration import Difference

_BEGUN = "roll-back-begun"
_NAMED = 5
ROOT = Path("/")


@dataclass(frozen=True)
class Differing:
    """What is not as it was before an update. packages: by name, the versions of then and now; empty: not there.

    broken: packages of then whose installation is not whole. files: of /etc; left: those that stay as they are.
    """

    note: Kept
    packages: Mapping[str, tuple[str, str]]
    broken: tuple[str, ...]
    files: tuple[Difference, ...]
    left: tuple[str, ...] = ()

    @property
    def returning(self) -> list[str]:
        """The packages of then that are brought back from files."""
        return [name for name in {*self.packages, *self.broken} if name in self.note.kept]

    @property
    def stuck(self) -> dict[str, str]:
        """The packages of then that can't be, with why."""
        then = [name for name, (before, _) in self.packages.items() if before]
        wanted = [name for name in {*then, *self.broken} if name not in self.note.kept]
        return {name: self.note.missing.get(name, "this update was not expected to replace it") for name in wanted}

    @property
    def added(self) -> list[str]:
        """The packages that were not there then; they stay, unless apt must take them away."""
        return sorted(name for name, (then, _) in self.packages.items() if not then)

    @property
    def changed(self) -> list[Difference]:
        """The files that are brought back; new ones stay."""
        return [one for one in self.files if one.what != "new"]

    @property
    def count(self) -> int:
        """How much differs that is to be brought back."""
        return len({*self.returning, *self.stuck}) + len(self.changed)

    def lost(self) -> dict[str, float]:
        """Return how many seconds of data a restore of each asset's set of then would lose, as of now."""
        now = clock.now()
        return {name: (now - clock.parse(one.time)).total_seconds() for name, one in self.note.sets.items()}


@dataclass(frozen=True)
class Done:
    """What a roll-back did. packages: that were to be brought back, also by one that was killed before it.

    files: how many were. services: that were started anew. loud: checks that fail now; None: nobody could look.
    """

    packages: tuple[str, ...]
    files: int
    services: tuple[str, ...]
    loud: tuple[str, ...] | None
    seconds: float


def look(identity: str = "", left: Collection[str] = ()) -> Differing:
    """Return what differs from a moment before an update, by default the newest.

    left: files of /etc that stay as they are. Raise UsageError when there is no such moment or file, Damaged when it
    can't be read any more.
    """
    note = kept.read(identity)
    kept.demand_whole(note)
    paths = tuple(_of_etc(path) for path in left)
    here = packages.installed()
    names = {*note.packages, *here}
    versions = {name: (note.packages.get(name, ""), here[name].version if name in here else "") for name in names}
    return Differing(
        note,
        {name: both for name, both in sorted(versions.items()) if both[0] != both[1]},
        tuple(sorted(name for name in note.packages if name in here and not here[name].whole)),
        tuple(configuration.compare(ROOT, kept.place(note.id) / kept.CONFIGURATION, paths)),
        paths,
    )


def _of_etc(path: str) -> str:
    found = os.path.normpath(path).lstrip("/")
    if not found.startswith(f"{configuration.PLACE}/"):
        raise UsageError(f"{path} is not below /{configuration.PLACE}", "--leave /etc/hosts")
    return found


def roll_back(differing: Differing, reason: str, by: str = "", *, hold: bool = False, partly: bool = False) -> Ended:
    """Bring everything back that differs; the exit code is 0 when all is as it was, and what ran then runs.

    hold: whether apt holds the packages back that were brought back. partly: whether it is done
    although not all can be. Raise UsageError when it may not be done.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UsageError(f"say in at most {LONGEST_REASON} letters why", "--reason 'his 2.4 prints no labels'")
    if differing.stuck and not partly:
        first, why = sorted(differing.stuck.items())[0]
        raise UsageError(
            f"{counted(len(differing.stuck), 'package')} can't be brought back, first {first}: {why}",
            "old files beside newer programs may do harm; if they don't here, add --partly",
        )
    host, who = own_policy.read().host, printable(by) or actor().removeprefix("person:")
    facts = RollBackFacts(id=differing.note.id, reason=printable(reason), by=who)
    outcome = perform(BACK, BACK, SUBJECT, host, lambda: _worked(differing, facts, host, hold=hold))
    return Ended.here(outcome, outcome.code)


def _worked(before: Differing, asked: RollBackFacts, host: str, *, hold: bool) -> Outcome:
    started = clock.now()
    message = f"going to bring back {counted(len(before.returning), 'package')} and "
    message += f"{counted(len(before.changed), 'file')} of {before.note.id}"
    record(_BEGUN, SUBJECT, host, started, Outcome(Verdict.PASS, message, facts=asked))
    _keep_of_now(before.note)
    names = kept.going_back(before.note, before.returning)
    changed = bring_back(before)
    packages.mark("auto", [name for name in names if name in before.note.automatic])
    if hold:
        packages.mark("hold", names)
    again = services.start_anew(before.note.services, names)
    after = look(before.note.id, before.left)
    done = Done(tuple(names), changed, again, services.look(), (clock.now() - started).total_seconds())
    outcome = judged(after, done, asked)
    if outcome.good:
        kept.went_back(before.note)
    return outcome


def bring_back(before: Differing) -> int:
    """Bring back packages, then files; return how many files. Raise SeawallError where it can't."""
    note = before.note
    folder = kept.place(note.id) / kept.PACKAGES
    files = [folder / note.kept[name].file for name in before.returning]
    if files:
        announce(f"bringing back {counted(len(files), 'package')}")
        with TemporaryDirectory(prefix="seawall-lists-") as lists:
            Path(lists, "partial").mkdir()
            packages.bring_back(files, Path(lists), note.packages)
    archive = kept.place(note.id) / kept.CONFIGURATION
    # Looked at anew: packages may have brought back files of their own, or changed others.
    return configuration.bring_back(ROOT, archive, configuration.compare(ROOT, archive, before.left))


def _keep_of_now(note: Kept) -> None:
    """Keep /etc as it is now, so that a roll-back can be undone by hand; of several tries the first one counts."""
    archive = kept.place(note.id) / f"etc-before-roll-back-{clock.now():%Y%m%dT%H%M%SZ}.tar.gz"
    demand_room(archive.parent, ROOM + sum(one.bytes for one in note.kept.values()) * 4, "a roll-back")
    configuration.pack(ROOT, archive)


def judged(after: Differing, done: Done, asked: RollBackFacts) -> Outcome:
    """Return how a roll-back ended, by what still differs, what runs, and which checks fail that did not before."""
    note = after.note
    down = sorted(set(note.services or ()) - set(services.running() or ())) if note.services else []
    worse = sorted(set(done.loud or ()) - set(note.loud))
    brought = [name for name in done.packages if name not in {*after.packages, *after.broken}]
    facts = RollBackFacts(
        time=clock.iso(clock.now()),
        id=note.id,
        reason=asked.reason,
        by=asked.by,
        packages=len(brought),
        files=done.files,
        services=done.services,
        differ=after.count,
        loud=tuple(worse),
        seconds=done.seconds,
    )
    message = f"{note.id}: {counted(len(brought), 'package')} and {counted(done.files, 'file')} brought back"
    message += f" in {span(done.seconds)}"
    wrong = [*(f"{name} can't be: {why}" for name, why in sorted(after.stuck.items())[:_NAMED])]
    wrong += [f"{name} is not as it was" for name in sorted(after.returning)[:_NAMED]]
    wrong += [f"{len(after.changed)} files of /etc still differ"] if after.changed else []
    wrong += [f"{name} does not run" for name in down[:_NAMED]]
    if wrong:
        return Outcome(Verdict.FAIL, "; ".join([message, *wrong]), facts=facts)
    told = [f"these checks fail now, and did not before: {', '.join(worse)}"] if worse else []
    told += ["services were not looked at"] if note.services is None else []
    told += ["no round of checks could be made"] if done.loud is None else []
    return Outcome(Verdict.WARN if told else Verdict.PASS, "; ".join([message, *told]), facts, facts)
