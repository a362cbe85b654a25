"""A PostgreSQL server: whether it answers, has connections and transaction numbers left, and saw no damaged data.

Sequences that stand behind their column are not looked for here but by each drill, on what was restored: to look would
run what applications' accounts put into their databases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.core.errors import Unavailable
from ops.core.limits import demand_between, demand_port
from ops.core.names import AbsolutePath
from ops.core.quantity import Percent, counted
from ops.core.verdict import Finding, Verdict
from ops.health._notes import number
from ops.health._postgresql import Down, ask
from ops.interfaces.check import Check, CheckContext

ROLE = "seawall_dump"  # that the role postgresql_source makes; it may read, and not write
LAST = 1 << 31  # transactions that may lie between the oldest row and now
# Of pg_stat_activity the role would see its own rows alone. Nothing is read but the catalogues of the server: whatever
# else a database has, an account may have put there.
QUESTION = """
select json_build_object(
  'connections', (select sum(numbackends) from pg_stat_database where datname is not null),
  'most', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
  'age', (select max(age(datfrozenxid)) from pg_database),
  'oldest', (select datname from pg_database order by age(datfrozenxid) desc limit 1),
  'damaged', (select coalesce(sum(checksum_failures), 0) from pg_stat_database))
"""


@dataclass(frozen=True)
class Options:
    """Which server, and its limits.

    port: its port.
    socket: the folder of its socket; by default, the distribution's.
    connections_warn_above: share of its connections in use above which the check warns.
    connections_fail_above: likewise, above which it fails.
    age_warn_above: share of its transaction numbers used since the oldest was frozen, above which it warns.
    age_fail_above: likewise, above which it fails.
    """

    port: int = 5432
    socket: AbsolutePath | None = None
    connections_warn_above: Percent = Percent(80)
    connections_fail_above: Percent = Percent(90)
    age_warn_above: Percent = Percent(50)
    age_fail_above: Percent = Percent(75)

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        for name in ("connections", "age"):
            most = getattr(self, f"{name}_fail_above")
            demand_between(f"{name}_warn_above", getattr(self, f"{name}_warn_above"), Percent(1), most)


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask the server by its socket, as the role for dumps; one that does not run is a failure, not an unknown."""
    try:
        answer = ask(QUESTION, ROLE, options.port, options.socket)
    except Down as error:
        yield Finding(Verdict.FAIL, error.message)
        return
    try:
        facts = json.loads(answer)
        yield judge(options, facts)
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise Unavailable("the server gives an answer that can't be read") from error


def judge(options: Options, facts: Mapping[str, Any]) -> Finding:
    """Given what the server says, judge it. Raise KeyError, TypeError or ZeroDivisionError for what makes no sense."""
    used = 100 * float(facts["connections"]) / float(facts["most"])
    age = 100 * float(facts["age"]) / LAST
    damaged = int(number(facts["damaged"]) or 0)
    figures = {"connections_percent": round(used, 1), "age_percent": round(age, 2), "checksum_failures": float(damaged)}
    seen = [
        _above(used, options.connections_warn_above, options.connections_fail_above, "of its connections are in use"),
        _above(
            age, options.age_warn_above, options.age_fail_above, f"of its transaction numbers, in {facts['oldest']}"
        ),
    ]
    if damaged:
        seen.append((Verdict.FAIL, f"{counted(damaged, 'checksum failure')}: a disk gave it damaged data"))
    worst = max((verdict for verdict, _ in seen), key=lambda verdict: verdict.severity)
    loud = [words for verdict, words in seen if verdict is not Verdict.PASS]
    return Finding(worst, ", ".join(loud) or f"answers, {used:.0f}% of its connections are in use", figures)


def _above(share: float, warn: Percent, fail: Percent, words: str) -> tuple[Verdict, str]:
    verdict = Verdict.FAIL if share > fail.value else Verdict.WARN if share > warn.value else Verdict.PASS
    return verdict, f"{share:.0f}% {words}"


KIND = Check(
    Options,
    probe,
    group=lambda _: "postgresql_hosts",
    synonyms=("postgresql", "postgres", "pg", "pgsql"),
    why="Without connections left, users are refused one by one; near the end of its transaction numbers a server "
    "stops taking writes; and it tells of damaged blocks only in a log that nobody reads.",
    remedy="Connections: `select * from pg_stat_activity` shows who holds them. Numbers: find the old transaction or "
    "the prepared one that holds vacuum up, then vacuum. Checksum failures: save a good backup from being let go, "
    "look at the disk, restore; `pg_stat_reset` forgets them.",
)
