"""A disk arrives, is read whole, is brought up to date, is read again from the disk itself, and leaves with a slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.disks import demand_mounted
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.files import sync_file_system, write_json
from ops.core.mounts import mounts
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.disk import ARRIVAL, LEAVING, READING, Arrived, DiskFacts
from ops.interfaces.outcome import CopyFacts
from ops.jobs.copy.job import copies
from ops.jobs.disk import mounting, reading, slip
from ops.jobs.disk.mounting import Found
from ops.jobs.disk.reading import Readings
from ops.jobs.disk.rotation import Rotation, demand_root
from ops.jobs.host import folders, state_files
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.run.job import Ended, Outcome, perform, record
from ops.restic.sets import complete
from ops.targets import removable

_CHECK_SECONDS = 4 * 3600.0
_AGAIN = "disconnect it, connect it again, then: seawall disk arrive"
_BAD = "it is not good: do not rely on it before it arrived again and all of it was read"


def arrive(rotation: Rotation, label: str = "") -> Ended:
    """Find, unlock and mount a disk that the policy knows, and read all of it; the exit code is 0 when it is good.

    Raise SeawallError, after recording it, for a disk that is not known, or that is not what the policy says of it.
    """
    demand_root()
    started = clock.now()
    try:
        demand_nothing_here(rotation)
        mounting.prepare(rotation)
        found = mounting.connected(rotation, label)
    except SeawallError as error:
        outcome = Outcome(Verdict.FAIL, str(error).replace("\n  ", "; "))
        record(ARRIVAL, rotation.subject(label) if label else rotation.name, rotation.policy.host, started, outcome)
        raise
    return _performed(rotation, found.label, ARRIVAL, lambda: _arrived(rotation, found))


def verify(rotation: Rotation) -> Ended:
    """Read all of the disk that is here again; the exit code is 0 when it is good."""
    demand_root()
    note = rotation.demand_here()
    return _performed(rotation, note.disk, READING, lambda: _read_whole(rotation, note))


def update(rotation: Rotation) -> Iterator[Ended]:
    """Copy every asset to the disk that is here that the policy wants there; yield how each copy ended."""
    rotation.demand_here()
    rotation.repository.reach()
    if not rotation.copies:
        raise UsageError(f"no asset of this machine is copied to {rotation.name}", "copies: in the policy")
    for name in rotation.copies:
        yield from copies(name, rotation.name)


def leave(rotation: Rotation, hands: str, due: datetime | None = None) -> Ended:
    """Take the disk off that is here, once all that is new on it was read from it; the exit code is 0 when it is good.

    hands: who takes it. due: when it is due back; by default when its turn comes again. Raise UsageError for a disk
    that was not read, or not brought up to date, since it arrived.
    """
    demand_root()
    note = rotation.demand_here()
    until = due or _turn(rotation)
    read = reading.remembered(rotation.read)
    if read is None:
        raise UsageError(f"{note.disk} was not read whole since it arrived", "seawall disk verify")
    wanted = _up_to_date(rotation, note)
    work = _Leaving(rotation, note, tuple(read), wanted, hands, until)
    return _performed(rotation, note.disk, LEAVING, work.done)


def give_up(rotation: Rotation, reason: str) -> Ended:
    """Take the disk off that is here, however it is, and without a slip: it does not count as good."""
    demand_root()
    note = rotation.demand_here()

    def work() -> Outcome:
        _taken_off(rotation, note)
        return Outcome(Verdict.FAIL, f"{note.disk} was taken off unread: {reason}; {_BAD}")

    ended = _performed(rotation, note.disk, LEAVING, work)
    return replace(ended, code=0 if rotation.here is None else 1)


def _performed(rotation: Rotation, label: str, act: str, work: Callable[[], Outcome]) -> Ended:
    def told() -> Outcome:
        with _explained(label):
            return work()

    outcome = perform(act, rotation.act(label), rotation.subject(label), rotation.policy.host, told)
    return Ended.here(outcome, 0 if outcome.verdict in {Verdict.PASS, Verdict.WARN} else 1)


@contextmanager
def _explained(label: str) -> Iterator[None]:
    """Say what to do where the kernel refuses the disk: its plug was pulled, or it is dying."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{label} can't be read or written: {error.strerror or error}; {_BAD}", _AGAIN) from error


def demand_nothing_here(rotation: Rotation) -> None:
    """Raise UsageError while a disk is here that answers; what is left of one whose plug was pulled is cleared away."""
    if not any(one.place == str(rotation.mount_point) for one in mounts()):
        _cleared(rotation)
        return
    note = rotation.here
    if note is None:
        hint = f"look what it is, then: umount {rotation.mount_point}"
        raise UsageError(f"something is mounted at {rotation.mount_point} that did not arrive", hint)
    try:
        sync_file_system(rotation.mount_point)
        rotation.repository.reach()
    except (SeawallError, OSError):
        _cleared(rotation)
    else:
        raise UsageError(f"{note.disk} is here already", "seawall disk leave --hands NAME takes it off")


def _cleared(rotation: Rotation) -> None:
    """Forget a disk that is here no more, and let the kernel forget it, too."""
    mounting.unmount(rotation)
    mounting.lock(rotation)
    _forgotten(rotation)


def _arrived(rotation: Rotation, found: Found) -> Outcome:
    device = mounting.unlocked(rotation, found)
    try:
        mounting.mount(rotation, device)
        note = _recognised(rotation, found, device)
        write_json(rotation.note, note.written(), 0o644)
    except BaseException:
        with suppress(SeawallError, OSError):
            _cleared(rotation)
        raise
    announce(f"{found.label} is here; all of it is read")
    return _read_whole(rotation, note)


def _recognised(rotation: Rotation, found: Found, device: Path) -> Arrived:
    """Return the note of a disk whose repository is the one that the policy names; raise Damaged for any other."""
    if found.disk.repository is None:
        raise UsageError(
            f"the policy does not say the id of the repository of {found.label}",
            "`seawall disk make` tells it for a new disk; write it into the policy, and run playbooks/site.yml",
        )
    if not rotation.folder.is_dir() or rotation.folder.is_symlink():
        raise Damaged(f"{found.label} holds no folder {rotation.policy.host}", "is it the disk of another machine?")
    reading.own(rotation.folder, (folders.state() / "state").stat())
    identity = _unlocked(rotation.repository).repository.identity()
    if identity != found.disk.repository:
        raise Damaged(
            f"{found.label} holds the repository {identity[:10]}, and not {found.disk.repository[:10]}",
            "somebody exchanged or made it anew; do not use it before you know who",
        )
    return Arrived(
        disk=found.label,
        serial=found.disk.serial,
        luks=found.disk.luks,
        repository=identity,
        config=removable.config(rotation.folder),
        device=demand_mounted(rotation.mount_point).disk,
        path=str(found.device.path),
        part=str(device),
        when=clock.iso(clock.now()),
    )


def _read_whole(rotation: Rotation, note: Arrived) -> Outcome:
    rotation.read.unlink(missing_ok=True)
    place = rotation.repository
    place.reach()
    found = reading.readings(place.repository.url, place.repository.authority)
    reading.remember(rotation.read, found)
    facts = _facts(rotation, note, found)
    if found.bad:
        return Outcome(Verdict.FAIL, f"{note.disk}: {found.damage}; {_BAD}", facts=facts, damaged=True)
    return Outcome(Verdict.PASS, f"{note.disk}: all {_amount(found)} were read, and are good", facts=facts)


@dataclass(frozen=True)
class _Leaving:
    """A disk that is to leave. read: its files that were read since it arrived. wanted: the set of each asset on it."""

    rotation: Rotation
    note: Arrived
    read: tuple[str, ...]
    wanted: Mapping[str, str]
    hands: str
    due: datetime

    def done(self) -> Outcome:
        """Write out, take off, mount again to read only, read what is new, and take off; it is good only then."""
        rotation, part = self.rotation, Path(self.note.part)
        rotation.repository.reach()
        try:
            sync_file_system(rotation.mount_point)
            mounting.unmount(rotation, part)
            mounting.mount(rotation, part, "ro")
            found, times = self._read_back()
        except (SeawallError, OSError):
            with suppress(SeawallError, OSError):
                _taken_off(rotation, self.note)
            raise
        _taken_off(rotation, self.note)
        left = clock.iso(clock.now())
        facts = replace(
            _facts(rotation, self.note, found),
            sets=dict(self.wanted),
            left=left,
            due=clock.iso(self.due),
            hands=self.hands,
        )
        facts = replace(facts, slip=slip.issue(rotation, self.note.disk, slip.text(rotation, facts, times)))
        message = f"{self.note.disk} left with {self.hands}, due back {self.due:%Y-%m-%d}: {_amount(found)}"
        return Outcome(Verdict.PASS, f"{message}, {len(found.read)} of them new", facts, facts)

    def _read_back(self) -> tuple[Readings, dict[str, datetime]]:
        """Read from the disk what is new there; demand that each asset's set is whole; return the times of the sets."""
        rotation, label = self.rotation, self.note.disk
        place = _unlocked(rotation.repository)
        place.reach()
        found = reading.readings(place.repository.url, place.repository.authority, self.read)
        found.demand_good()
        place.repository.demand_whole(timeout=_CHECK_SECONDS)
        times = {}
        there = place.repository.snapshots()
        for name, identity in self.wanted.items():
            which = next((one for one in complete(there, name, clock.now()).counting if one.id == identity), None)
            if which is None:
                raise Damaged(f"{label} does not hold set {identity[:8]} of {name}, which was copied", _BAD)
            times[name] = which.time
        return found, times


def _up_to_date(rotation: Rotation, note: Arrived) -> dict[str, str]:
    """Return the set of each asset that was copied since the disk arrived; raise UsageError where one was not."""
    sets = {}
    for name, label in rotation.copies.items():
        state = state_files.read_act(joined.copy(name, label))
        good = state.good(CopyFacts) if state else None
        if good is None or good.repository != rotation.name or (good.copied or good.time) < note.when:
            raise UsageError(f"{name} was not copied to {note.disk} since that arrived", "seawall disk update")
        sets[name] = good.set
    return sets


def _taken_off(rotation: Rotation, note: Arrived) -> None:
    mounting.unmount(rotation, Path(note.part))
    mounting.lock(rotation)
    _forgotten(rotation)


def _forgotten(rotation: Rotation) -> None:
    for path in (rotation.read, rotation.note):
        path.unlink(missing_ok=True)


def _turn(rotation: Rotation) -> datetime:
    """Return when a disk that leaves now is due again: once each of the others had its turn."""
    calendar = rotation.options.calendar.zoned(rotation.policy.site.timezone)
    return calendar.after(clock.now(), len(rotation.options.disks))[-1]


def _facts(rotation: Rotation, note: Arrived, found: Readings) -> DiskFacts:
    return DiskFacts(
        repository=rotation.name,
        disk=note.disk,
        serial=note.serial,
        luks=note.luks,
        repository_id=note.repository,
        files=len(found.listed),
        bytes=found.bytes,
        read=len(found.read),
        damaged=len(found.bad),
        content=found.digest,
    )


def _amount(found: Readings) -> str:
    return f"{counted(len(found.listed), 'file')}, {Size(found.bytes)}"


def _unlocked(place: OpenRepository) -> OpenRepository:
    """Return the repository to be read without locks and without what is kept of it on this machine."""
    return replace(place, repository=replace(place.repository, locks=False, cache=None))
