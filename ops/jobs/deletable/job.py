"""A deletion from the verdicts to its record: recorded before anything goes, and again with what went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.outcome import DeletionFacts
from ops.jobs.deletable import names
from ops.jobs.deletable.judging import Judged, Verdicts
from ops.jobs.deletable.unlinking import Deleted, delete
from ops.jobs.run.job import Ended, Outcome, actor, perform, record

_KIND, _BEGUN = "deletion", "deletion-begun"
_FRESH = timedelta(hours=1)


def asset_of(verdicts: Verdicts) -> str:
    """Return the asset whose files are to be deleted; raise UsageError when they are several assets'."""
    found = sorted({one.asset for one in verdicts.deletable})
    if len(found) > 1:
        raise UsageError(f"these are files of {', '.join(found)}", "delete those of one asset at a time")
    return found[0] if found else ""


def carry_out(verdicts: Verdicts) -> Ended:
    """Delete what may be deleted, all of one asset; the exit code is 0 when each of them is gone."""
    if clock.now() - verdicts.time > _FRESH:
        raise UsageError("it is too long ago that the files were compared; nothing was deleted", "run it again")
    asset = asset_of(verdicts)
    host = verdicts.policy.host
    outcome = perform(_KIND, joined.deletion(asset), asset, host, lambda: _worked(verdicts, asset, host))
    return Ended.here(outcome, 0 if outcome.verdict is Verdict.PASS else 1)


def _worked(verdicts: Verdicts, asset: str, host: str) -> Outcome:
    started = clock.now()
    _tell_of_interrupted(asset, host)
    chosen = verdicts.deletable
    held = {one.holder.name: one.holder.set for one in verdicts.compared[asset] if one.proven}
    by = actor().removeprefix("person:")
    amount = Size(sum(one.file.look.size for one in chosen))
    facts = DeletionFacts(by=by, files=len(chosen), bytes=amount.bytes, set=held)
    message = f"going to delete {counted(len(chosen), 'file')}, {amount}"
    record(_BEGUN, asset, host, started, Outcome(Verdict.PASS, message, facts=facts))
    with names.begun(asset) as listed:
        try:
            done = _delete(chosen, listed)
        except BaseException:  # stopped, or no room for the list: what went until now is told
            _tell_of_interrupted(asset, host)
            raise
        digest = listed.end(done.files, done.bytes, done.left)
    facts = DeletionFacts(by=by, files=done.files, bytes=done.bytes, left=len(done.left), set=held, names=digest)
    return _outcome(facts, done)


def _delete(chosen: Sequence[Judged], listed: names.Names) -> Deleted:
    done = Deleted()
    for done in delete([one.file for one in chosen], listed):
        announce(f"{done.files} of {counted(len(chosen), 'file')} deleted")
    return done


def _outcome(facts: DeletionFacts, done: Deleted) -> Outcome:
    message = f"{counted(done.files, 'file')} deleted, {Size(done.bytes)}"
    if not done.left:
        return Outcome(Verdict.PASS, message, facts, facts)
    whys = sorted(set(done.left.values()))
    return Outcome(Verdict.WARN, f"{message}; {len(done.left)} stayed: {'; '.join(whys)}", facts, facts)


def _tell_of_interrupted(asset: str, host: str) -> None:
    """Record what earlier deletions did that were killed."""
    for one in names.interrupted(asset):
        facts = DeletionFacts(files=one.files, bytes=one.bytes, left=one.listed - one.files, names=one.names)
        message = f"an earlier deletion was interrupted: of {counted(one.listed, 'file')} that it listed"
        message += f", {one.files} are gone, {Size(one.bytes)}"
        announce(message)
        record(_KIND, asset, host, clock.now(), Outcome(Verdict.UNKNOWN, message, facts=facts))
