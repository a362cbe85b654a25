"""A PostgreSQL standby, seen from either of its machines: whether it streams, how far it is behind, what log is kept.

On the primary it also says whether commits wait for the standby, where the policy wants that. The server is asked by a
role that sees its figures and no data. Which machine is the primary is not in the policy: the server says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ops.core import clock
from ops.core.errors import Unavailable
from ops.core.limits import demand_between, demand_port
from ops.core.names import AbsolutePath, Name
from ops.core.quantity import Duration, Size
from ops.core.verdict import Finding, Verdict
from ops.health._postgresql import Down, ask
from ops.interfaces.check import Check, CheckContext

ROLE = "seawall_watch"  # that the role postgresql_standby makes
SILENCE = 90.0  # seconds; each side hears of the other at least twice a minute
FROZEN = timedelta(seconds=45)  # between two rounds, in which a standby replies several times
_WHOLE = 100
_KEPT_WARN, _KEPT_FAIL = 50, 90  # per cent of the log that may be kept
QUESTION = """
select json_build_object('follows', pg_is_in_recovery(),
  'waits', current_setting('synchronous_standby_names') <> '',
  'receiver', (select json_build_object('status', status,
      'silent', extract(epoch from clock_timestamp() - last_msg_receipt_time),
      'behind', greatest(latest_end_lsn, pg_last_wal_receive_lsn()) - pg_last_wal_replay_lsn())
    from pg_stat_wal_receiver),
  'seconds', case when pg_is_in_recovery() and pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn()
    then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) else 0 end,
  'sender', (select json_build_object('state', state, 'sync', sync_state, 'reply', reply_time,
      'behind', case when pg_is_in_recovery() then 0 else pg_current_wal_lsn() - replay_lsn end)
    from pg_stat_replication where application_name = 'SLOT' limit 1),
  'slot', (select json_build_object('status', wal_status,
      'kept', case when pg_is_in_recovery() then 0 else pg_current_wal_lsn() - restart_lsn end)
    from pg_replication_slots where slot_name = 'SLOT'))
"""


@dataclass(frozen=True)
class Options:
    """Which standby, and its limits; the policy gives them by its section `standby`.

    standby: its name there.
    port: the port of the cluster.
    socket: the folder of its socket; by default, the distribution's.
    synchronous: whether commits must wait for the standby.
    kept_log: how much of its log the primary keeps for a standby that is away; above half of it, the check warns.
    lag_warn_above: how far the standby may be behind before the check warns, in bytes of the log.
    lag_fail_above: likewise, before it fails.
    seconds_warn_above: how old the data may be that the standby shows before the check warns.
    seconds_fail_above: likewise, before it fails.
    """

    standby: Name
    port: int = 5432
    socket: AbsolutePath | None = None
    synchronous: bool = False
    kept_log: Size = Size(16 << 30)
    lag_warn_above: Size = Size(64 << 20)
    lag_fail_above: Size = Size(1 << 30)
    seconds_warn_above: Duration = Duration(60)
    seconds_fail_above: Duration = Duration(600)

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_between("lag_warn_above", self.lag_warn_above, Size(1), self.lag_fail_above)
        demand_between("seconds_warn_above", self.seconds_warn_above, Duration(1), self.seconds_fail_above)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask the server here how the standby stands; a server that is down is a failure, not an unknown."""
    try:
        answer = ask(QUESTION.replace("SLOT", f"seawall_{options.standby}"), ROLE, options.port, options.socket)
    except Down as error:
        yield Finding(Verdict.FAIL, error.message)
        return
    try:
        facts = json.loads(answer)
        yield from judge(options, facts, context)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable("the server gives an answer that can't be read") from error


def judge(options: Options, facts: Mapping[str, Any], context: CheckContext) -> list[Finding]:
    """Given what the server says, judge it. Raise KeyError, TypeError or ValueError for what makes no sense."""
    findings = _of_standby(options, facts) if facts["follows"] else _of_primary(options, facts, context)
    loud = [one for one in findings if one.verdict is not Verdict.PASS]
    return loud or findings[-1:]


def _of_standby(options: Options, facts: Mapping[str, Any]) -> list[Finding]:
    receiver = facts["receiver"]
    if receiver is None:
        return [Finding(Verdict.FAIL, "this standby receives nothing from its primary")]
    silent = float(receiver["silent"])
    if silent > SILENCE or silent < -SILENCE:
        return [Finding(Verdict.UNKNOWN, f"this standby heard nothing from its primary for {silent:.0f} s")]
    behind, seconds = float(receiver["behind"]), max(0.0, float(facts["seconds"]))
    figures = {"behind_bytes": behind, "behind_seconds": round(seconds, 1)}
    verdict = _above(seconds, options.seconds_warn_above.seconds, options.seconds_fail_above.seconds)
    found = [_lag(options, behind, "this standby")]
    if verdict is not Verdict.PASS:
        found.append(Finding(verdict, f"this standby shows data that are {Duration(round(seconds))} old", figures))
    if receiver["status"] != "streaming":
        found.append(Finding(Verdict.WARN, f"this standby is not streaming yet: {_word(receiver['status'])}", figures))
    return [*found, Finding(Verdict.PASS, f"follows its primary, {Size(int(behind))} behind", figures)]


def _of_primary(options: Options, facts: Mapping[str, Any], context: CheckContext) -> list[Finding]:
    sender, slot = facts["sender"], facts["slot"]
    found = [] if slot is None else list(_kept(options, slot))
    if sender is None:
        there = "is not there yet" if slot is None else "does not stream"
        return [*found, Finding(Verdict.FAIL, f"the standby of this primary {there}")]
    if _frozen(str(sender["reply"]), context):
        return [*found, Finding(Verdict.UNKNOWN, "the standby has not replied since the round before")]
    behind = float(sender["behind"])
    found.append(_lag(options, behind, "the standby"))
    if sender["state"] != "streaming":
        found.append(Finding(Verdict.WARN, f"the standby is not streaming yet: {_word(sender['state'])}"))
    if options.synchronous and not (facts["waits"] is True and sender["sync"] in {"sync", "quorum"}):
        found.append(Finding(Verdict.FAIL, "commits do not wait for the standby, and the policy says that they do"))
    waits = "commits wait for it" if facts["waits"] else "commits do not wait for it"
    message = f"the standby streams, {Size(int(behind))} behind; {waits}"
    return [*found, Finding(Verdict.PASS, message, {"behind_bytes": behind})]


def _kept(options: Options, slot: Mapping[str, Any]) -> Iterator[Finding]:
    if slot["status"] in {"lost", "unreserved"}:
        yield Finding(Verdict.FAIL, "the log that the standby still needs is gone, or about to go; it is made anew")
        return
    kept = float(slot["kept"])
    share = _WHOLE * kept / options.kept_log.bytes
    verdict = _above(share, _KEPT_WARN, _KEPT_FAIL)
    words = f"{Size(int(kept))} of the log are kept for the standby, {share:.0f}% of what may be"
    yield Finding(verdict, words, {"kept_bytes": kept})


def _frozen(reply: str, context: CheckContext) -> bool:
    """Whether a standby has said nothing since an earlier round; its clock, and ours, may be anywhere."""
    before, when = context.notes.get("reply"), context.notes.get("when")
    if before != reply or not isinstance(when, str):
        context.notes.update(reply=reply, when=clock.iso(context.now))
        return False
    return abs(context.now - clock.parse(when)) > FROZEN


def _lag(options: Options, behind: float, who: str) -> Finding:
    verdict = _above(behind, options.lag_warn_above.bytes, options.lag_fail_above.bytes)
    return Finding(verdict, f"{who} is {Size(int(behind))} behind", {"behind_bytes": behind})


def _above(value: float, warn: float, fail: float) -> Verdict:
    return Verdict.FAIL if value > fail else Verdict.WARN if value > warn else Verdict.PASS


def _word(text: object) -> str:
    return re.sub(r"[^a-z ]", "", str(text))[:20]


KIND = Check(
    Options,
    probe,
    derived=True,
    why="A standby that fell behind months ago is found out on the day on which the primary is gone; and a primary "
    "keeps its log for it until a disk is full.",
    remedy="On both machines `sudo seawall standby show` says how they stand. One that was fenced or lost its log: "
    "`sudo seawall standby rejoin NAME`; commits that don't wait: `sudo seawall standby synchronous NAME`, on the "
    "primary.",
)
