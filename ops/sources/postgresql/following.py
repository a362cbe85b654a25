"""A server that only follows another one: what it holds is backed up as long as it is what its primary holds."""

from __future__ import annotations

from ops.core.errors import Unavailable
from ops.sources.postgresql.session import Session

OLDEST = 300  # seconds that what it shows may be old
_QUESTION = """
select pg_catalog.json_build_object('follows', pg_catalog.pg_is_in_recovery(),
  'receives', exists (select from pg_catalog.pg_stat_get_wal_receiver() as receiver where receiver.pid is not null),
  'seconds', case when pg_catalog.pg_is_in_recovery()
      and pg_catalog.pg_last_wal_receive_lsn() is distinct from pg_catalog.pg_last_wal_replay_lsn()
    then extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) else 0 end)
"""
_HINT = "back up its primary, or see why it does not follow: sudo seawall standby show"


def demand_fresh(session: Session) -> None:
    """Raise Unavailable for a standby that does not receive from its primary, or is minutes behind.

    A set of it would have the date of today, and the data of whenever it lost its primary.
    """
    seen = session.ask(_QUESTION)
    if not seen["follows"]:
        return
    if not seen["receives"]:
        raise Unavailable("this server is a standby, and receives nothing from its primary: its data are old", _HINT)
    if seen["seconds"] is None or seen["seconds"] > OLDEST:
        raise Unavailable(f"this server is a standby, and more than {OLDEST} s behind its primary", _HINT)
