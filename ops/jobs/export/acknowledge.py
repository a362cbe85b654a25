"""A person says that an export arrived; the record of that ends the waiting."""

from __future__ import annotations

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.export import MOST_KEPT, RECEIPT, ReceiptFacts, Sent
from ops.jobs.export.job import known
from ops.jobs.run.job import Ended, Outcome, perform


def acknowledge(name: str, by: str, which: str) -> Ended:
    """Record that an export arrived. by: the contact who says so. which: its digest or the name of its file.

    Without `which`, the only one that waits is meant. Raise UsageError where that is not known.
    """
    here = known(name)
    who = by or here.spec.acknowledged_by
    contacts = sorted(here.policy.contacts)
    if who not in contacts:
        raise UsageError(
            f"there is no contact {who!r}{nearest(who, contacts)}; known: {', '.join(contacts)}",
            "say with --by CONTACT who says that it arrived",
        )
    sent = _meant(here.open, which, name)

    def work() -> Outcome:
        before = here.receipt.all if here.receipt else ()
        facts = ReceiptFacts(time=clock.iso(clock.now()), file=sent.file, sha256=sent.sha256, by=who)
        good = ReceiptFacts(**{**vars(facts), "all": (*before, sent.sha256)[-MOST_KEPT:]})
        return Outcome(Verdict.PASS, f"{who} says that {sent.file} arrived", good, facts)

    outcome = perform(RECEIPT, joined.receipt(name), name, here.policy.host, work)
    return Ended.here(outcome, outcome.code)


def _meant(open_: list[Sent], which: str, name: str) -> Sent:
    told = ", ".join(one.file for one in open_) or "none"
    found = [one for one in open_ if which in {"", one.file, one.sha256}]
    if len(found) == 1:
        return found[0]
    if which or not open_:
        what = f"no export {which[:80]!r} of {name}" if which else f"no export of {name}"
        raise UsageError(f"{what} waits to be acknowledged; waiting: {told}", f"seawall export show {name}")
    raise UsageError(f"several exports of {name} wait: {told}", "say which with --file NAME or --file DIGEST")
