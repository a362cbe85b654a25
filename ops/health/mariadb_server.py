"""A MariaDB server: whether it answers, has connections left, keeps up with its primary, and has no broken view."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.core.errors import CommandError, Unavailable
from ops.core.limits import demand_between
from ops.core.names import AbsolutePath
from ops.core.printable import printable
from ops.core.quantity import Duration, Percent, counted, span
from ops.core.run import run
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health._notes import number
from ops.interfaces.check import Check, CheckContext

ACCOUNT = "seawall"  # that the role mariadb_source makes; it may read, and not write
SOCKET = AbsolutePath("/run/mysqld/mysqld.sock")
TIMEOUT = 10.0
MOST_PRINTED = 4 << 20
NAMED = 3
LOOKED_AGAIN = 3600.0  # seconds until views are looked at anew
LONGEST = Duration(7 * 86_400)
DOWN, FULL, REFUSED = (2002, 2003, 2013), 1040, 1227  # numbers of errors
# A database, a table, a column, a function that a view's query names is not there.
NOTHING_THERE = (1049, 1054, 1146, 1305)
_ERROR = re.compile(r"^ERROR (\d+)(?: \(\w+\))?(?: at line \d+)?: (.*)", re.MULTILINE)
_TOLD = re.compile(r"^Error\t(\d+)\t", re.MULTILINE)
_END = 860_1936  # a number that no other answer begins with
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "t": "\t", "0": "\0"}
_CONNECTIONS = """
select variable_value used, @@max_connections most from information_schema.global_status
where variable_name = 'THREADS_CONNECTED'
"""
_REPLICATION = "show all slaves status"
_VIEWS = """
select v.table_schema db, v.table_name name, v.view_definition query,
  if(v.security_type = 'DEFINER' and a.user is null, v.definer, '') gone
from information_schema.views v left join mysql.global_priv a on concat(a.user, '@', a.host) = v.definer
where v.table_schema not in ('mysql', 'sys', 'information_schema', 'performance_schema')
order by 1, 2 limit 1000
"""


@dataclass(frozen=True)
class Options:
    """Which server, and its limits.

    socket: its socket.
    connections_warn_above: share of its connections in use above which the check warns.
    connections_fail_above: likewise, above which it fails.
    lag_warn_above: time by which it may be behind the server that it replicates before the check warns.
    lag_fail_above: likewise, before it fails.
    """

    socket: AbsolutePath = SOCKET
    connections_warn_above: Percent = Percent(70)
    connections_fail_above: Percent = Percent(90)
    lag_warn_above: Duration = Duration(10)
    lag_fail_above: Duration = Duration(300)

    def __post_init__(self) -> None:
        demand_between("connections_warn_above", self.connections_warn_above, Percent(1), self.connections_fail_above)
        demand_between("lag_fail_above", self.lag_fail_above, Duration(1), LONGEST)
        demand_between("lag_warn_above", self.lag_warn_above, Duration(1), self.lag_fail_above)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask the server by its socket, as the account for dumps; one that does not run is a failure, not an unknown."""
    try:
        (used,) = rows(_asked(options, _CONNECTIONS))
        yield judge_connections(options, used)
        yield from judge_replication(options, rows(_asked(options, _REPLICATION)))
        yield judge_views(_broken(options, context.notes, context.now.timestamp()))
    except CommandError as error:
        yield judge_refusal(error.stderr)
    except (ValueError, KeyError, ZeroDivisionError) as error:
        raise Unavailable("the server gives an answer that can't be read") from error


def rows(printed: str) -> list[dict[str, str]]:
    """Return what the client prints of one answer: a line of names, then a line for each row."""
    names, *lines = [line.split("\t") for line in printed.splitlines()] or [[]]
    return [dict(zip(names, map(_plain, line), strict=True)) for line in lines]


def _plain(cell: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), cell)


def judge_refusal(errors: str) -> Finding:
    """Judge why the server did not answer. Raise Unavailable for what says nothing about how it is."""
    number, why = refusals(errors)[-1:][0] if refusals(errors) else (0, "no message")
    if number in DOWN:
        return Finding(Verdict.FAIL, f"the server is down: {why}")
    if number == FULL:
        return Finding(
            Verdict.FAIL, "all of its connections are in use: it lets nobody in", {"connections_percent": 1e2}
        )
    if number == REFUSED:
        raise Unavailable("the account may not ask about replication; run playbooks/site.yml for this machine")
    raise Unavailable(f"the server does not answer: {why}")


def refusals(errors: str) -> list[tuple[int, str]]:
    """Return the errors that the client tells: the number of each, and its words."""
    return [(int(code), " ".join(printable(words).split())) for code, words in _ERROR.findall(errors)]


def judge_connections(options: Options, told: Mapping[str, str]) -> Finding:
    """Judge how many of the server's connections are in use."""
    share = 100 * float(told["used"]) / float(told["most"])
    figures = {"connections_percent": round(share, 1)}
    if share > options.connections_fail_above.value:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WARN if share > options.connections_warn_above.value else Verdict.PASS
    answers = "answers, " if verdict is Verdict.PASS else ""
    return Finding(verdict, f"{answers}{share:.0f}% of its connections are in use", figures)


def judge_replication(options: Options, sources: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    """Judge each server that this one replicates; one that replicates none is fine."""
    for told in sources:
        name = f" of {printable(told['Connection_name'])}" if told["Connection_name"] else ""
        threads = {"I/O": told["Slave_IO_Running"], "SQL": told["Slave_SQL_Running"]}
        if still := [thread for thread, running in threads.items() if running != "Yes"]:
            code = next((told[key] for key in ("Last_SQL_Errno", "Last_IO_Errno") if told.get(key, "0") != "0"), "")
            why = f" (error {int(code)})" if code else ""
            yield Finding(Verdict.FAIL, f"replication{name} stands still: no {' and no '.join(still)} thread{why}")
            continue
        behind = float(told["Seconds_Behind_Master"])
        figures = {"lag_seconds": behind}
        verdict = Verdict.FAIL if behind > options.lag_fail_above.seconds else Verdict.PASS
        if verdict is Verdict.PASS and behind > options.lag_warn_above.seconds:
            verdict = Verdict.WARN
        yield Finding(verdict, f"replication{name} is {span(behind)} behind", figures)


def judge_views(broken: Sequence[str]) -> Finding:
    """Judge the views that can't be read; a program learns of one when a user asks for it."""
    figures = {"broken_views": float(len(broken))}
    if not broken:
        return Finding(Verdict.PASS, "no broken view", figures)
    more = f" and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
    return Finding(Verdict.WARN, f"{counted(len(broken), 'broken view')}: {', '.join(broken[:NAMED])}{more}", figures)


def _broken(options: Options, notes: dict[str, Plain], now: float) -> list[str]:
    """Return the broken views as they were seen within the last hour: to look at all of them takes the server time."""
    if not 0 <= now - (number(notes.get("looked")) or 0.0) < LOOKED_AGAIN or not isinstance(notes.get("broken"), list):
        notes["broken"] = list(_looked_at(options, rows(_asked(options, _VIEWS))))
        notes["looked"] = now
    kept = notes["broken"]
    return [printable(str(name)) for name in kept] if isinstance(kept, list) else []


def _looked_at(options: Options, views: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield the views that read what is not there, or whose definer is gone.

    Each query is prepared, never run. That the account itself may not run a function says nothing of a view.
    """
    if not views:
        return
    asked = [_preparing(view["db"], view["query"]) for view in views]
    answers = _asked(options, ";\n".join(asked), "--force").split(f"{_END}\n{_END}\n")
    for view, said in zip(views, answers, strict=False):
        if view["gone"] or any(int(code) in NOTHING_THERE for code in _TOLD.findall(said)):
            yield f"{view['db']}.{view['name']}"[:120]


def _preparing(database: str, query: str) -> str:
    """Return SQL that prepares a view's query where its functions are known by name, and tells why it can't be."""
    inside = database.replace("`", "``")
    text = query.replace("\\", "\\\\").replace("'", "''")
    return f"use `{inside}`;\nprepare seawall from '{text}';\nshow errors;\nselect {_END}"


def _asked(options: Options, question: str, *more: str) -> str:
    """Return what the client prints of a question; raise CommandError when it is refused."""
    words = ["mariadb", "--no-defaults", "--protocol=socket", f"--socket={options.socket}", f"--user={ACCOUNT}"]
    words += ["--batch", "--binary-mode", "--skip-reconnect", "--connect-timeout=5", "--default-character-set=utf8mb4"]
    asked = f"set session sql_mode = '', max_statement_time = {TIMEOUT - 2:.0f};\n{question};\n"
    return run([*words, *more], timeout=TIMEOUT, input=asked, ok=(0, 1) if more else (0,), most=MOST_PRINTED).stdout


KIND = Check(
    Options,
    probe,
    group=lambda _: "mariadb_hosts",
    synonyms=("mariadb", "mysql", "mysql_server", "replication"),
    why="Without connections left, users are refused one by one; a replica whose replication stands still is a copy of "
    "last month on the day when it is needed; and a view that lost a column is noticed by whoever needs its figures.",
    remedy="`show processlist` tells who holds connections, `show all slaves status` why replication stands, and "
    "`show create view` what a view reads. Mend the cause; skip no transaction of a replica, make it anew.",
)
