"""Rejoining: a cluster that was fenced, or is new, becomes the standby of the other machine's."""

from __future__ import annotations

from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import CommandError, SeawallError, Unavailable, UsageError
from ops.interfaces.standby import ClusterState
from ops.jobs.standby.place import Place
from ops.jobs.standby.state import await_that, control, running, state
from ops.jobs.standby.turning import stop
from ops.policy.standby import slot

COPY_SECONDS = 7 * 86_400.0
CATCH_UP_SECONDS = 300.0


def rejoin(place: Place, *, base_backup: bool) -> ClusterState:
    """Make a cluster follow the other machine's; return how it stands once it streams.

    base_backup: copy all of the primary's data, and keep what lies here beside; else what the former primary wrote
    alone is undone by pg_rewind, which copies only what differs. Whatever ends this, the cluster stays fenced until it
    follows. Raise UsageError where it takes writes or the other machine doesn't, Unavailable where a program fails.
    """
    _demand_primary(place)
    if running(place):
        seen = state(place)
        if seen.follows and seen.streaming and not base_backup:
            return seen
        if not seen.follows:
            raise UsageError(f"{place.host} takes writes", f"fence it first: sudo seawall standby fence {place.name}")
    place.touch(place.fence)
    stop(place)
    place.ask_other(place.keeping)
    if base_backup:
        _copy(place)
    else:
        _rewind(place)
    place.touch(place.signal)
    place.remove(place.fence)
    place.steering.allow()
    place.steering.start()
    return _streaming(place)


def _demand_primary(place: Place) -> None:
    if place.ask_other("select pg_is_in_recovery()") != "f":
        raise UsageError(f"{place.other} is not the primary", "seawall standby show, on both machines")


def _rewind(place: Place) -> None:
    here = control(place)["Database system identifier"]
    there = place.ask_other("select system_identifier from pg_control_system()")
    if here != there:
        raise UsageError(
            f"the cluster here is another one than that of {place.other}",
            f"to copy all of it: sudo seawall standby rejoin {place.name} --new-base-backup",
        )
    # With the signal, the server could not bring a cluster in order that was killed; its mark and its unit stay shut.
    place.remove(place.signal)
    words: list[str | Path] = [place.programs / "pg_rewind", "-D", place.data, f"--source-server={place.way}"]
    try:
        place.as_owner([*words, f"--config-file={place.settings}/postgresql.conf"], timeout=COPY_SECONDS)
    except CommandError as error:
        said = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise Unavailable(
            f"pg_rewind did not succeed: {said}",
            f"to copy all data: sudo seawall standby rejoin {place.name} --new-base-backup",
        ) from error
    finally:
        place.touch(place.signal)


def _copy(place: Place) -> None:
    """Copy all of the primary's data; what lies here is kept beside, and put back where the copy fails."""
    kept = Path(f"{place.data}.before-{clock.now():%Y%m%dT%H%M%SZ}")
    if place.there(place.data):  # it is not where a copy was killed before it began
        place.as_owner(["mv", "-T", "--", place.data, kept])
    words: list[str | Path] = [
        place.programs / "pg_basebackup",
        "-D",
        place.data,
        f"--dbname={place.way}",
        "--no-password",
    ]
    words += ["--wal-method=stream", f"--slot={slot(place.name)}", "--checkpoint=fast"]
    try:
        place.as_owner(words, timeout=COPY_SECONDS)
    except (SeawallError, KeyboardInterrupt) as error:
        place.as_owner(["rm", "-rf", "--", place.data], timeout=COPY_SECONDS)
        if place.there(kept):
            place.as_owner(["mv", "-T", "--", kept, place.data])
        if isinstance(error, CommandError):
            said = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise Unavailable(f"pg_basebackup did not succeed: {said}", "see whether the disk has room") from error
        raise
    announce(f"what lay here before is kept in {kept}; remove it when all is well")


def _streaming(place: Place) -> ClusterState:
    await_that(
        f"{place.host} does not stream from {place.other}",
        lambda: state(place).streaming,
        CATCH_UP_SECONDS,
        "look into the cluster's log, below /var/log/postgresql",
    )
    return state(place)
