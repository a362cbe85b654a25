"""The age of an asset's newest good backup, compared with its RPO."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health._age import act_state, moment, span, trouble
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.outcome import BackupFacts, LogFacts


@dataclass(frozen=True)
class Options:
    """Which asset, and the maximum age of its newest good set.

    asset: name of the asset.
    rpo: the maximum age of the newest good set.
    repository: where it must be; by default, in any one.
    log: whether its write-ahead log is archived, so that the end of that is what must be young.
    """

    asset: str
    rpo: Duration
    repository: str = ""
    log: bool = False


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last backup left, or where a log is archived, what that left."""
    if options.log:
        yield from _log(options, context)
        return
    state = act_state(context, joined.backup(options.asset), options.asset)
    if state is None:
        yield Finding(Verdict.FAIL, f"{options.asset} has never been backed up")
        return
    good = state.good(BackupFacts)
    problem = trouble(state)
    if good is None:
        message = f"{options.asset} has no good backup; latest attempt: {problem or 'no message'}"
        yield Finding(Verdict.FAIL, message)
        return
    age = context.now - moment(good.time, "time", context.now)
    figures = {"age_seconds": age.total_seconds(), "rpo_seconds": float(options.rpo.seconds)}
    message = f"last good backup {span(age)} old"
    elsewhere = bool(options.repository) and good.repository not in {options.repository, ""}
    if elsewhere:  # the policy's `repository` changed: restores look for it there
        message = f"none yet in {options.repository}; {message}, in {good.repository}"
    if age > options.rpo.span:
        late = f"{message}, older than the RPO of {options.rpo}"
        yield Finding(Verdict.FAIL, late + (f"; latest attempt: {problem}" if problem else ""), figures)
    elif problem:
        yield Finding(Verdict.WARN, f"{message}, but the latest attempt: {problem}", figures)
    elif elsewhere:
        yield Finding(Verdict.WARN, message, figures)
    else:
        yield Finding(Verdict.PASS, f"{message}; RPO {options.rpo}", figures)
    yield from _missing(good, options, context)


def _log(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the end of an archived log, and the set from which it goes on."""
    state = act_state(context, joined.log(options.asset), options.asset)
    base = act_state(context, joined.backup(options.asset), options.asset)
    if base is None or base.good(BackupFacts) is None:
        yield Finding(Verdict.FAIL, f"{options.asset} has no good backup from which its log could be played")
    elif problem := trouble(base):
        yield Finding(Verdict.WARN, f"the latest backup of {options.asset}: {problem}")
    good = state.good(LogFacts) if state else None
    if state is None or good is None:
        said = f"; latest attempt: {problem}" if state and (problem := trouble(state)) else ""
        yield Finding(Verdict.FAIL, f"no log of {options.asset} has been archived yet{said}")
        return
    age = context.now - moment(good.time, "time", context.now)
    figures = {"age_seconds": age.total_seconds(), "rpo_seconds": float(options.rpo.seconds)}
    message = f"each commit up to {span(age)} ago can be restored"
    if age > options.rpo.span:
        said = f"; latest attempt: {problem}" if (problem := trouble(state)) else ""
        yield Finding(Verdict.FAIL, f"{message}, older than the RPO of {options.rpo}{said}", figures)
    elif problem := trouble(state):
        # What is missing of a log stays so until the next backup, however young its last good end is.
        verdict = Verdict.FAIL if state.verdict is Verdict.FAIL else Verdict.WARN
        yield Finding(verdict, f"{message}, but {problem}", figures)
    else:
        yield Finding(Verdict.PASS, f"{message}; RPO {options.rpo}", figures)


def _missing(good: BackupFacts, options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the parts that the last good set does not have, each by the age of the last one that has it."""
    for label, part in (good.missing or {}).items():
        if not part.since:
            yield Finding(Verdict.FAIL, f"{label} has never been backed up: {part.reason}")
            continue
        age = context.now - moment(part.since, f"missing.{label}.since", context.now)
        if age > options.rpo.span:
            late = f"{label} was last backed up {span(age)} ago, older than the RPO of {options.rpo}: {part.reason}"
            yield Finding(Verdict.FAIL, late)


KIND = Check(
    Options,
    probe,
    recorded=True,
    derived=True,
    why="A backup that is older than the RPO is data that the hospital has said it can't lose. The age of the last "
    "good set counts, not whether a job ran.",
    remedy="`journalctl -u seawall-backup-ASSET` says why the last attempt failed. Mend that, then run `seawall "
    "backup ASSET`.",
)
