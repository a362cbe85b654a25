"""Healing a repository that lies on this machine: what its backup host would do for another one is done here, too.

What was kept of it comes back first, byte for byte; at the end all that others have replaced is set aside, beside the
repository and on the same disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.errors import SeawallError, UsageError
from ops.core.names import Digest
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces.healing import Healing
from ops.interfaces.keeper_outcome import HealFacts
from ops.interfaces.layout import CONFIG, KEYS, SNAPSHOTS
from ops.jobs.heal.damage import GONE
from ops.jobs.heal.view import sort_of
from ops.jobs.host import own_policy, own_spares, repositories
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.run.job import Ended, Outcome, perform
from ops.keeper import aside, repository, spares

STAMP = "%Y%m%dT%H%M%SZ"
OTHER = "is not the one that was kept"


@dataclass(frozen=True)
class Plan:
    """What was kept of a repository on this machine, and comes back. wrong: what is wrong with each file."""

    host: str
    place: OpenRepository
    folder: Path
    wrong: Mapping[str, str]

    @property
    def opens(self) -> bool:
        """Whether the repository can't be read before they are back."""
        return any(sort_of(path) in {KEYS, CONFIG} for path in self.wrong)

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        yield from (f"{path} {wrong}: it was kept, and comes back as it was" for path, wrong in self.wrong.items())


def planned(name: str, *, snapshots: bool) -> Plan | None:
    """Look which of the files that were kept are damaged; None where there are none, or another machine keeps it.

    snapshots: whether those come back, too, that are gone: who removed them on purpose does not want that.
    """
    policy = own_policy.read()
    if name not in policy.repositories:
        return None
    place = repositories.open_own(policy, name)
    folder = place.folder()
    if folder is None:
        return None
    with own_spares.kept(place) as kept:
        found = _wrong(place, kept, _config(folder)) if kept else {}
    gone = {path for path, wrong in found.items() if wrong == GONE and sort_of(path) == SNAPSHOTS and not snapshots}
    back = {path: wrong for path, wrong in sorted(found.items()) if path not in gone}
    return Plan(policy.host, place, folder, back) if back else None


def _wrong(place: OpenRepository, kept: spares.Spares, config: bytes | None) -> dict[str, str]:
    """Return what is wrong with what was kept whole: a key that is gone was lost only where no other one is there."""
    whole = {path for path in kept.paths() if path != CONFIG and kept.content(path, None) is not None}
    found = {path: wrong for path in whole if (wrong := place.fault(path))}
    if any(not place.fault(f"{KEYS}/{key}") for key in place.listed(KEYS) if Digest.fits(key)):
        found = {path: wrong for path, wrong in found.items() if sort_of(path) != KEYS or wrong != GONE}
    spare = spares.read(kept.folder, CONFIG)
    if spare is not None and spare != config:
        found[CONFIG] = OTHER if config is not None else GONE
    return found


def _config(folder: Path) -> bytes | None:
    with repository.opened(folder.parent, folder.name) as there:
        return spares.read(there, CONFIG)


def bring_back(plan: Plan, reason: str, approver: str) -> Ended:
    """Set aside what is damaged of what was kept, and bring it back; the exit code is 0 when all is back."""
    if not (reason and approver):
        raise UsageError("healing requires a reason and an approver", "--reason TEXT --approver WHO")
    name = plan.place.repository.name

    def work() -> Outcome:
        move = _away(plan.folder, plan.wrong, in_place=True)
        with own_spares.kept(plan.place) as kept, repository.opened(plan.folder.parent, plan.folder.name) as there:
            for path in plan.wrong:
                _put(there, kept, path)
        facts = HealFacts(
            repository=name,
            damaged=len(plan.wrong),
            healed=len(plan.wrong),
            aside=move,
            reason=reason,
            approver=approver,
        )
        message = f"{counted(len(plan.wrong), 'file')} of {name} brought back; what was damaged is set aside as {move}"
        return Outcome(Verdict.PASS, f"{message}: {reason}", facts, facts)

    outcome = perform("heal", f"heal-{name}", name, plan.host, work)
    return Ended.here(outcome, outcome.code)


def _put(there: int, kept: spares.Spares | None, path: str) -> None:
    content = spares.read(kept.folder, path) if kept else None
    if content is None or not spares.is_it(path, content, None):
        raise SeawallError(f"{path} was kept, and is not any more", "run the same command again")
    try:
        spares.put(there, path, content)
    except OSError as error:
        raise SeawallError(f"{path} can't be stored: {error.strerror}", "look at its disk") from error


def settled(place: OpenRepository, noted: Healing) -> tuple[Healing, str]:
    """Set aside what was replaced of a repository on this machine; return what is noted then, and the move's name.

    Nothing is done, and the name is empty, where another machine keeps it.
    """
    folder = place.folder()
    if folder is None or not noted.aside:
        return noted, ""
    move = _away(folder, noted.aside)
    return replace(noted, damaged=(), superseded=(), added=(), salvaged=()), move


def _away(folder: Path, paths: Collection[str], *, in_place: bool = False) -> str:
    """Move files aside; return the name of the move. in_place: whether others come in their places."""
    base, host = folder.parent, folder.name
    move = aside.begin(base, host, clock.now().strftime(STAMP))
    (aside.damaged if in_place else aside.away)(base, host, move, sorted(paths))
    return move
