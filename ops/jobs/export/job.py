"""Exporting data: look at the key, encrypt, deliver, read back, record; or nothing leaves.

First the recipient's key is looked at, then data are encrypted into the outbox while they are read, then delivered.
What is not known to be delivered and recorded is delivered again, the same bytes under the same name: an export may
arrive twice, and never differs from its record.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.files import digest
from ops.core.kinds import nearest
from ops.core.names import Digest, FileName
from ops.core.quantity import Size, counted
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.export import EXPORT, MOST_KEPT, ExportFacts, ExportRequest, ReceiptFacts, Sent, unacknowledged
from ops.interfaces.state import ActState, UnreadableState
from ops.jobs.export import openpgp, places
from ops.jobs.export.files import copy_files
from ops.jobs.export.outbox import Outbox, Parcel
from ops.jobs.export.rows import copy_rows
from ops.jobs.host import folders, own_policy, state_files
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy
from ops.policy.exports import Export


@dataclass(frozen=True)
class Known:
    """An export of this machine, and how it stands. last: the last good one; open: those nobody acknowledged.

    due: when it is, or was, due next after the last one; None: it never was exported, and is due.
    """

    name: str
    policy: HostPolicy
    spec: Export
    last: ExportFacts | None
    receipt: ReceiptFacts | None
    due: datetime | None

    @property
    def open(self) -> list[Sent]:
        """The exports of which nobody has said that they arrived."""
        return unacknowledged(self.last.waiting if self.last else (), self.receipt)

    def is_due(self, now: datetime) -> bool:
        """Whether it is due."""
        return self.due is None or self.due <= now


def known(name: str) -> Known:
    """Return an export of this machine by its name; raise UsageError where there is none, Damaged for its state."""
    policy = own_policy.read()
    exports = policy.exports or {}
    if name not in exports:
        listed = sorted(exports)
        raise UsageError(
            f"there is no export {name!r}{nearest(name, listed)}; known: {', '.join(listed) or 'none'}",
            "exports are written into the policy of the machine that has the data: docs/exports.md",
        )
    state, receipt = _state(joined.export(name)), _state(joined.receipt(name))
    last = state.good(ExportFacts) if state else None
    spec, due = exports[name], None
    if last:
        made = clock.parse(last.time)
        if made > clock.now() + clock.SKEW:
            raise Damaged(f"clock: the last export of {name} is dated in the future", "compare the clocks")
        due = spec.due(policy.site.timezone).after(made)[0]
    return Known(name, policy, spec, last, receipt.good(ReceiptFacts) if receipt else None, due)


def _state(name: str) -> ActState | None:
    """Return a state; raise Damaged where it can't be read: who waits for what is known from there alone."""
    state = state_files.read_all().get(name)
    if state is None or isinstance(state, ActState):
        return state
    why = state.message if isinstance(state, UnreadableState) else f"it is that of {state.kind}"
    hint = "if it can't be mended, remove it: it forgets which exports nobody has acknowledged"
    raise Damaged(f"the state {name} can't be read: {why}", hint)


def export(name: str, asked: ExportRequest) -> Iterator[Ended]:
    """Deliver what is not delivered yet, and what is due; through the export's unit where a person starts it.

    Yield how each ended; raise UsageError for an export that is not there, or where nothing is there to resend.
    """
    known(name)
    act = joined.export(name)
    with offered(act, asked if asked != ExportRequest() else None):
        if ended := run_in_unit(joined.service(act), act):
            yield ended
            return
    asked = taken_over(act, ExportRequest) or asked
    nothing = True
    for parcel in _chosen(name, asked):
        nothing = False
        outcome = _performed(name, parcel, resent=asked.resend)
        yield Ended.here(outcome, outcome.code)
        if outcome.code:
            return
    now = known(name)
    if not asked.resend and (asked.again or now.is_due(clock.now())):
        outcome = _performed(name, None)
        yield Ended.here(outcome, outcome.code)
    elif nothing and now.due:
        facts: dict[str, Plain] = {"due": clock.iso(now.due)}
        line = f"{name}: nothing is due before {now.due:%Y-%m-%d %H:%M} UTC; --resend sends the last one once more"
        yield Ended(0, facts, line)


def _chosen(name: str, asked: ExportRequest) -> list[Parcel]:
    """Return what lies here and is to be delivered: what is pending, or with `resend` the newest."""
    parcels = Outbox(name).parcels()
    if asked.resend:
        if not parcels:
            raise UsageError(f"nothing of {name} is there to be sent again", f"seawall export {name}")
        return parcels[-1:]
    return [one for one in parcels if one.pending]


def _performed(name: str, parcel: Parcel | None, *, resent: bool = False) -> Outcome:
    """Do one delivery as an act; only once it is recorded, the parcel counts as delivered."""
    here = known(name)
    work = _Export(here, Outbox(name), parcel, resent)
    outcome = perform(EXPORT, joined.export(name), name, here.policy.host, work.done)
    if outcome.good and work.parcel:
        work.outbox.settled(work.parcel, work.when)
        work.outbox.tidy({one.sha256 for one in known(name).open})
    return outcome


@dataclass
class _Export:
    known: Known
    outbox: Outbox
    parcel: Parcel | None
    resent: bool
    when: str = ""

    def done(self) -> Outcome:
        """Deliver a parcel, or make one first; raise SeawallError when nothing left, or it is not known to be there."""
        spec, name = self.known.spec, self.known.name
        openpgp.demand_program()
        for left in folders.scratch().glob(f"gpg-{name}-*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        with openpgp.opened(spec.recipient, folders.scratch(), f"gpg-{name}-") as key:
            if self.parcel:
                self._look_again(self.parcel, key)
            if self.parcel is None:
                self.parcel = self._made(key)
                self.outbox.demand_same(self.parcel)
            openpgp.demand_encrypted(self.outbox.path(self.parcel), key)
        announce(f"{name}: delivers {self.parcel.file}, {Size(self.parcel.bytes)}, by {places.described(spec.to)}")
        places.deliver(self.known.policy, name, self.outbox.path(self.parcel), self.parcel)
        self.when = clock.iso(clock.now())
        return self._outcome(self.parcel)

    def _look_again(self, parcel: Parcel, key: openpgp.Key) -> None:
        """What is spoiled, or encrypted to a key that the policy doesn't name any more, must never leave."""
        try:
            if parcel.recipient != key.fingerprint:
                raise UsageError(
                    f"{parcel.file} is encrypted to another key than the policy has now: {parcel.recipient}",
                    f"make another one: seawall export {self.known.name} --again",
                )
            self.outbox.demand_same(parcel)
            openpgp.demand_encrypted(self.outbox.path(parcel), key)
        except SeawallError as error:
            if self.resent:
                raise
            announce(f"{error.message}; it is removed, and the data are exported anew")
            self.outbox.forget(parcel)
            self.parcel = None

    def _made(self, key: openpgp.Key) -> Parcel:
        """Read the data, encrypt them, and put them into the outbox; raise Unavailable for what the system refuses."""
        try:
            return self._packed(key)
        except OSError as error:
            raise Unavailable(f"{error.filename or 'a file'}: {error.strerror}", "df -h; ls -l") from error

    def _packed(self, key: openpgp.Key) -> Parcel:
        began, spec = clock.now(), self.known.spec
        asset = self.known.policy.assets[spec.asset]
        count = 0

        def feed(writes: IO[bytes]) -> int:
            return copy_rows(asset, spec, writes) if spec.query else copy_files(asset, spec, writes)

        def write(out: IO[bytes]) -> None:
            nonlocal count
            count = openpgp.encrypt(key, feed, out)
            if count < spec.at_least:
                what = "rows" if spec.query else "files"
                raise Damaged(
                    f"there are {count} {what}; the policy demands {spec.at_least} at least",
                    "look whether the data are there; `at_least` in the policy says how many there must be",
                )

        name = FileName(f"{self.known.name}-{began:%Y%m%dT%H%M%SZ}.{'csv' if spec.query else 'tar'}.gpg")
        unfinished = self.outbox.fill(name, write)
        parcel = self._parcel(unfinished, name, began, key, count)
        self.outbox.take(unfinished, parcel)
        return parcel

    def _parcel(self, path: Path, name: FileName, began: datetime, key: openpgp.Key, count: int) -> Parcel:
        return Parcel(
            file=name,
            sha256=Digest(digest(path)),
            bytes=path.stat().st_size,
            time=clock.iso(began),
            made=clock.iso(clock.now()),
            recipient=key.fingerprint,
            key_sha256=self.known.spec.recipient.sha256,
            key_expires=clock.iso(key.expires) if key.expires else None,
            rows=count if self.known.spec.query else None,
            files=None if self.known.spec.query else count,
        )

    def _outcome(self, parcel: Parcel) -> Outcome:
        facts = ExportFacts(
            time=parcel.time,
            file=parcel.file,
            sha256=parcel.sha256,
            bytes=parcel.bytes,
            rows=parcel.rows,
            files=parcel.files,
            recipient=parcel.recipient,
            key_sha256=parcel.key_sha256,
            key_expires=parcel.key_expires,
            where=places.described(self.known.spec.to),
            delivered=self.when,
            resent=self.resent or bool(parcel.first),
        )
        amount = counted(parcel.rows or 0, "row") if parcel.files is None else counted(parcel.files, "file")
        message = f"{amount} delivered as {parcel.file}, {Size(parcel.bytes)}, by {facts.where}"
        return Outcome(Verdict.PASS, message, replace(facts, waiting=self._waiting(parcel)), facts)

    def _waiting(self, parcel: Parcel) -> tuple[Sent, ...]:
        """Return all that somebody has to acknowledge; what was, is left out."""
        mine = Sent(file=parcel.file, sha256=parcel.sha256, when=parcel.first or self.when)
        others = [one for one in self.known.open if one.sha256 != parcel.sha256]
        return tuple([*others, mine][-MOST_KEPT:]) if self.known.spec.acknowledged_by else ()
