"""How a cluster stands: by its own answers while it runs, by its control file while it does not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.names import HostName, Name
from ops.interfaces.standby import ClusterState
from ops.jobs.standby.place import Place
from ops.policy.standby import slot

_LOOK_SECONDS = 0.2
_LINE = re.compile(
    r"(?m)^(Database system identifier|Database cluster state|Latest checkpoint's TimeLineID"
    r"|Latest checkpoint location):\s+(.*)$"
)
QUESTION = """
select json_build_object('follows', pg_is_in_recovery(),
  'system', (select system_identifier::text from pg_control_system()),
  'timeline', case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end,
  'position', (case when pg_is_in_recovery()
    then greatest(coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0'))
    else pg_current_wal_flush_lsn() end) - '0/0'::pg_lsn,
  'streaming', case when pg_is_in_recovery() then exists (select from pg_stat_wal_receiver where status = 'streaming')
    else exists (select from pg_stat_replication where state = 'streaming' and application_name = 'SLOT') end,
  'synchronous', current_setting('synchronous_standby_names') <> '' and exists (select from pg_stat_replication
    where application_name = 'SLOT' and state = 'streaming' and sync_state in ('sync', 'quorum')),
  'seconds', case when pg_is_in_recovery() and pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn()
    then floor(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()))::bigint end)
"""


def state(place: Place) -> ClusterState:
    """Return how a cluster stands; raise SeawallError where neither it nor its control file says so."""
    fenced = place.there(place.fence)
    if not running(place):
        return _down(place, fenced=fenced)
    told = json.loads(place.ask(QUESTION.replace("SLOT", slot(place.name))))
    return ClusterState(
        name=Name(place.name), host=HostName(place.host), running=True, fenced=fenced, clean=False, **told
    )


def running(place: Place) -> bool:
    """Whether the server runs, as its own program says; raise SeawallError where that can't be told."""
    asked: list[str | Path] = [place.programs / "pg_ctl", "-D", place.data, "status"]
    return place.as_owner(asked, ok=(0, 3, 4)).code == 0


def control(place: Place) -> dict[str, str]:
    """Return what the control file of a cluster says, by pg_controldata's words; raise SeawallError."""
    said = place.as_owner([place.programs / "pg_controldata", "-D", place.data]).stdout
    return dict(_LINE.findall(said))


def position(text: str) -> int:
    """Return a position in the log, such as 0/3000148, as bytes from its beginning; raise Damaged."""
    upper, _, lower = text.partition("/")
    try:
        return (int(upper, 16) << 32) + int(lower, 16)
    except ValueError as error:
        raise Damaged(f"{text!r} is not a position in the log") from error


def _down(place: Place, *, fenced: bool) -> ClusterState:
    said = control(place)
    try:
        return ClusterState(
            name=Name(place.name),
            host=HostName(place.host),
            running=False,
            follows=place.there(place.signal),
            fenced=fenced,
            clean=said["Database cluster state"] in {"shut down", "shut down in recovery"},
            system=said["Database system identifier"],
            timeline=int(said["Latest checkpoint's TimeLineID"]),
            position=position(said["Latest checkpoint location"]),
            streaming=False,
            synchronous=False,
        )
    except (KeyError, ValueError) as error:
        raise Damaged(f"the control file in {place.data} says nothing that can be read") from error


def await_that(what: str, holds: Callable[[], bool], seconds: float, hint: str = "") -> None:
    """Wait until something holds; raise Unavailable when it does not within so many seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except SeawallError as error:
            trouble = f": {error.message}"
        else:
            trouble = ""
        if time.monotonic() > end:
            raise Unavailable(f"{what} within {seconds:.0f} s{trouble}", hint)
        time.sleep(_LOOK_SECONDS)
