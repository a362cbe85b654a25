"""Triggers that fire even in a session of replication, put aside while rows are loaded that they have seen already.

`enable always` and `enable replica` are meant for copies that follow another server. What they write stands in the
dump, so that they must not write it again; nobody but the restore is in the database, which has its mark until it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# What disables each, what gives it back, and its name; those on definitions first, for the others are definitions.
_AWAKE = """
select coalesce(json_agg(json_build_array(
  format('alter %s disable%s', w.what, w.which), format('alter %s enable %s%s', w.what, w.mode, w.which), w.name)
  order by w.place, w.name), '[]')
from (
  select 1, format('event trigger %I', e.evtname), '', e.evtenabled, e.evtname::text from pg_catalog.pg_event_trigger e
  where e.evtname not like 'seawall_inert%'  -- ours, which is wanted
  union all
  select 2, format('table only %s', t.tgrelid::regclass), format(' trigger %I', t.tgname), t.tgenabled,
    format('%s.%I', t.tgrelid::regclass, t.tgname)
  from pg_catalog.pg_trigger t where not t.tgisinternal
) x(place, what, which, enabled, name)
cross join lateral (select x.*, case x.enabled when 'A' then 'always' else 'replica' end as mode) w
where x.enabled in ('A', 'R')
"""
_ON_DEFINITIONS = "alter event"


@dataclass(frozen=True)
class Silenced:
    """The triggers that were put aside so far.

    ask: of the database, one JSON document. attempt: runs statements in a transaction of their own, and returns whether
    they went well.
    """

    ask: Callable[[str], Any]
    attempt: Callable[[Sequence[str]], bool]
    _asleep: dict[str, str] = field(default_factory=dict)

    def hush(self) -> None:
        """Put aside what would fire now; what is made later has to be put aside anew."""
        found = self.ask(_AWAKE)
        if found and not self.attempt([off for off, _, _ in found]):
            found = [one for one in found if self.attempt([one[0]])]
        self._asleep.update({name: on for _, on, name in found})

    def woken(self) -> Iterator[str]:
        """Give back all as it was, those on definitions last; yield a sentence on what stays disabled."""
        found = sorted(self._asleep.items(), key=lambda one: one[1].startswith(_ON_DEFINITIONS))
        if found and not self.attempt([on for _, on in found]):
            for name, on in found:
                if not self.attempt([on]):
                    yield f"the trigger {name} is disabled, and could not be enabled as it was; run by hand: {on}"
