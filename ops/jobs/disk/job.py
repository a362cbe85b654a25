"""A disk arrives, is read whole, is brought up to date, is read again from the disk itself, and leaves with a slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.disks import demand_mounted
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.files import sync_file_system, write_json
from ops.core.mounts import mounts
from ops.core.verdict import Verdict
from ops.interfaces.disk import ARRIVAL, LEAVING, READING, Arrived
from ops.jobs.copy.job import copies
from ops.jobs.disk import mounting, reading
from ops.jobs.disk.leaving import AGAIN, BAD, Leaving, cleared, copied_before, taken_off, turn, up_to_date
from ops.jobs.disk.mounting import Found
from ops.jobs.disk.rotation import Rotation, demand_root
from ops.jobs.host import folders
from ops.jobs.run.job import Ended, Outcome, perform, record
from ops.targets import removable


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
    until = due or turn(rotation)
    read = reading.remembered(rotation.read)
    if read is None:
        raise UsageError(f"{note.disk} was not read whole since it arrived", "seawall disk verify")
    wanted = up_to_date(rotation, note)
    work = Leaving(rotation, note, tuple(read), wanted, hands, until)
    return _performed(rotation, note.disk, LEAVING, work.done)


def give_up(rotation: Rotation, reason: str) -> Ended:
    """Take the disk off that is here, however it is, and without a slip: it does not count as good."""
    demand_root()
    note = rotation.demand_here()

    def work() -> Outcome:
        taken_off(rotation, note)
        return Outcome(Verdict.FAIL, f"{note.disk} was taken off unread: {reason}; {BAD}")

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
        raise Unavailable(f"{label} can't be read or written: {error.strerror or error}; {BAD}", AGAIN) from error


def demand_nothing_here(rotation: Rotation) -> None:
    """Raise UsageError while a disk is here that answers; what is left of one whose plug was pulled is cleared away."""
    if not any(one.place == str(rotation.mount_point) for one in mounts()):
        cleared(rotation)
        return
    note = rotation.here
    if note is None:
        hint = f"look what it is, then: umount {rotation.mount_point}"
        raise UsageError(f"something is mounted at {rotation.mount_point} that did not arrive", hint)
    try:
        sync_file_system(rotation.mount_point)
        rotation.repository.reach()
    except (SeawallError, OSError):
        cleared(rotation)
    else:
        raise UsageError(f"{note.disk} is here already", "seawall disk leave --hands NAME takes it off")


def _arrived(rotation: Rotation, found: Found) -> Outcome:
    device = mounting.unlocked(rotation, found)
    try:
        mounting.mount(rotation, device)
        note = _recognised(rotation, found, device)
        write_json(rotation.note, note.written(), 0o644)
    except BaseException:
        with suppress(SeawallError, OSError):
            cleared(rotation)
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
    identity = rotation.unlocked.repository.identity()
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
        copied=copied_before(rotation),
    )


def _read_whole(rotation: Rotation, note: Arrived) -> Outcome:
    rotation.read.unlink(missing_ok=True)
    place = rotation.repository
    place.reach()
    found = reading.readings(place.repository.url, place.repository.authority)
    reading.remember(rotation.read, found)
    facts = reading.facts(rotation, note, found)
    if found.bad:
        return Outcome(Verdict.FAIL, f"{note.disk}: {found.damage}; {BAD}", facts=facts, damaged=True)
    return Outcome(Verdict.PASS, f"{note.disk}: all {reading.amount(found)} were read, and are good", facts=facts)
