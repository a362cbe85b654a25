"""The end of what a running cluster archives: the segment that it is asked to end, and the moment up to then."""

from __future__ import annotations

from pathlib import Path

from ops.core.clock import parse
from ops.core.errors import Unavailable
from ops.interfaces.change_log import Mark
from ops.sources.machine.clusters.locate import Place
from ops.sources.machine.clusters.online_backup import opened

_ABOUT = """
select json_build_object('standby', pg_catalog.pg_is_in_recovery(), 'archives', current_setting('archive_mode'),
  'size', (select setting::bigint from pg_catalog.pg_settings where name = 'wal_segment_size'))
"""
# A commit of our own: recovery to whatever moment before it finds its end there.
_MOMENT = """
select json_build_object('until', pg_catalog.clock_timestamp(), 'transaction', pg_catalog.pg_current_xact_id()::text)
"""
# The place before the one that is told, which is the first after the segment's end where that ended by itself: up to
# PostgreSQL 16 such a place is called by the segment before it, from 17 on by the one after, which is not archived yet.
_SWITCH = "select to_json(pg_catalog.pg_walfile_name(pg_catalog.pg_switch_wal() - 1))"


def mark(port: int, sockets: Path) -> Mark:
    """Have a cluster end the segment of its log that it writes; return what is archived with it.

    Raise Unavailable where it does not run, follows another one, or archives nothing.
    """
    # Where its files are, only who may read them can find out; this needs the socket alone.
    with opened(Place(port, Path("/"), Path("/"), (), sockets)) as session:
        about = session.ask(_ABOUT)
        if about["standby"]:
            raise Unavailable(f"the cluster at port {port} is a standby", "archive the log of its primary instead")
        if about["archives"] == "off":
            raise Unavailable(
                f"the cluster at port {port} archives nothing yet",
                "its archive_mode takes effect with a restart: systemctl restart postgresql",
            )
        until = parse(session.ask(_MOMENT)["until"])
        return Mark(until, str(session.ask(_SWITCH)), int(about["size"]))
