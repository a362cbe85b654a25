"""A look of the alarms: samples of the last round, what follows from them, and messages brought to their channels.

What follows is on the disk before anybody is told, and so is each message until its channel has taken it: whatever
happens in between, a message may be sent twice, with the same identity, but never not at all.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from ops.alarms.engine import step
from ops.alarms.model import Memory, Moment
from ops.alarms.store import Store, Waiting, opened
from ops.core import clock
from ops.core.errors import SeawallError, Unavailable
from ops.core.files import lock, read_json
from ops.evidence.redaction import places_in
from ops.interfaces.channel import Message
from ops.interfaces.state import ALARMS
from ops.jobs.alarms import account, samples, words
from ops.jobs.alarms.plan import plan_at
from ops.jobs.host import credentials, folders, own_policy, state_files
from ops.policy import HostPolicy
from ops.policy.alarms import Alarms, channel, secret_channels

DEADLINE = 120.0  # seconds for all channels together
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_LONGEST_ERROR = 300
_LONG = 5  # attempts, which take half an hour
_MOST_REFUSED = 1  # further messages of a channel that are tried in the same look


@dataclass(frozen=True)
class Told:
    """What a look did. made: messages; refused: why channels did not take some, by name. trouble: of the memory."""

    made: tuple[Message, ...]
    refused: Mapping[str, str]
    trouble: str = ""

    @property
    def code(self) -> int:
        """The exit code: 0 when all that was due was told and can be remembered."""
        return 1 if self.refused or self.trouble else 0


@dataclass(frozen=True)
class _Site:
    """What a look is made with. secrets: of channels, by their names; places: paths that the policy names."""

    policy: HostPolicy
    alarms: Alarms
    secrets: Mapping[str, str]
    places: frozenset[str]
    now: datetime


def look_and_tell(*, dry_run: bool = False) -> Told:
    """Look once, tell what is due, and return what was done; raise SeawallError where the machine has no alarms.

    dry_run: nothing is remembered and nobody is told.
    """
    policy = own_policy.read()
    if policy.alarms is None:
        raise Unavailable("the policy of this machine has no alarms", "write `alarms` into the policy: docs/alarms.md")
    secrets = {} if dry_run else {name: _secret(name) for name in secret_channels(policy.alarms)}
    places = frozenset(places_in(read_json(folders.etc() / "policy.json")))
    site = _Site(policy, policy.alarms, secrets, places, clock.now())
    with account.acting(), lock(folders.scratch() / f"{ALARMS}.lock", "a look of the alarms"):
        return _looked(site, dry_run=dry_run)


def _secret(channel: str) -> str:
    """Return a channel's secret; where it is not there, nothing, which the channel refuses in its own words."""
    with suppress(SeawallError, OSError, ValueError):
        return credentials.find(f"channel-{channel}.secret").read_text(encoding="utf-8").strip()
    return ""


def _looked(site: _Site, *, dry_run: bool) -> Told:
    """Look with what is remembered on the disk, or in memory as long as the disk can't be written."""
    main, spare = account.store(), account.spare_store()
    try:
        if spare.exists() and not dry_run:
            with opened(spare) as held, opened(main) as store:
                store.take_over(held)
            _forget(spare)
        with opened(main) as store:
            return _told(site, store, "", dry_run=dry_run)
    except Unavailable as error:
        trouble = error.message.replace(f"{main.parent}/", "")  # paths are told to nobody
    if not spare.exists():
        _copied(main, spare)
    with opened(spare) as store:
        return _told(site, store, trouble, dry_run=dry_run)


def _copied(main: Path, spare: Path) -> None:
    """Go on in memory with what the disk has, as far as that can be read; else from the beginning."""
    try:
        shutil.copyfile(main, spare)
        with opened(spare) as store:
            store.memory()
            store.waiting()
    except (OSError, SeawallError):
        _forget(spare)


def _forget(file: Path) -> None:
    for path in (file, file.with_name(f"{file.name}-journal")):
        path.unlink(missing_ok=True)


def _told(site: _Site, store: Store, trouble: str, *, dry_run: bool) -> Told:
    memory, messages = _due(site, store, trouble)
    if dry_run:
        return Told(messages, {}, trouble)
    store.forget_channels(site.alarms.channels)
    store.remember(memory)
    for message in messages:
        for name, spec in site.alarms.channels.items():
            if channel(spec).send:
                store.post(name, message, memory.t)
    store.keep()
    refused = _delivered(site, store, memory.t)
    refused |= _beaten(site, well=not (refused or trouble))
    return Told(messages, refused, trouble)


def _due(site: _Site, store: Store, trouble: str) -> tuple[Memory, tuple[Message, ...]]:
    """Return what is to be remembered after this look, and what is to be told."""
    seen = samples.taken(site.policy, state_files.read_all(), site.now)
    seen.append(samples.of_channels(site.policy, store.waiting(), trouble, site.now))
    plan = plan_at(site.policy, site.alarms, seen, site.now)
    memory, events = step(store.memory(), _moment(site.now), seen, plan)
    messages = tuple(
        words.message(event, site.policy, site.alarms, plan, site.now, memory.t, site.places) for event in events
    )
    return memory, messages


def _moment(now: datetime) -> Moment:
    boot = _BOOT.read_text(encoding="ascii").strip()
    return Moment(wall=clock.iso(now), boot=boot, running=_running())


def _running() -> float:
    """Return the seconds for which the machine has run, asleep or not, whatever became of its clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _delivered(site: _Site, store: Store, t: float) -> dict[str, str]:
    """Bring waiting messages to their channels; return why the channels that did not take one did not.

    Where one is due, all that wait there are tried, the oldest first: a channel that is back gets them in their order.
    One that refuses several is not tried again in this look; what was refused for long stands behind the others.
    """
    refused: dict[str, list[str]] = {}
    deadline = time.monotonic() + DEADLINE
    turns = {one.channel for one in store.waiting(due=t)}
    for one in sorted(store.waiting(), key=lambda one: (one.tries > _LONG, one.n)):
        if one.channel not in turns or len(refused.get(one.channel, [])) > _MOST_REFUSED or time.monotonic() > deadline:
            continue
        if error := _tried(site, one):
            refused.setdefault(one.channel, []).append(error)
            store.refused(one, error, t)
        else:
            store.sent(one, clock.iso(clock.now()))
        store.keep()
    return {name: errors[0] for name, errors in refused.items()}


def _tried(site: _Site, one: Waiting) -> str:
    """Bring a message to its channel; return why it was not taken, nothing if it was."""
    spec = site.alarms.channels[one.channel]
    if send := channel(spec).send:
        return _attempt(partial(send, spec.options, one.message, site.secrets.get(one.channel, "")))
    return ""


def _beaten(site: _Site, *, well: bool) -> dict[str, str]:
    """Say at every channel that listens for it that somebody looks; return why those that did not hear it did not."""
    refused = {}
    for name, spec in site.alarms.channels.items():
        if (beat := channel(spec).beat) and (
            error := _attempt(partial(beat, spec.options, well, site.secrets.get(name, "")))
        ):
            refused[name] = error
    return refused


def _attempt(act: Callable[[], None]) -> str:
    try:
        act()
    except SeawallError as error:
        return error.message[:_LONGEST_ERROR]
    except Exception as error:  # noqa: BLE001 -- a fault in one channel must not silence the others
        return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
    return ""
