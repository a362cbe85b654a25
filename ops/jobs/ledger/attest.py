"""A person's signed word in the ledger: for what no machine can see, or that a record was read and accepted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock, plain_file
from ops.core.errors import Damaged, UsageError
from ops.core.kinds import nearest
from ops.core.schema import Plain
from ops.core.verdict import Verdict, worst
from ops.evidence.ledger import NAME, Ledger, digest
from ops.evidence.redaction import redacted_text
from ops.evidence.verification import verify
from ops.interfaces.record import Record, read
from ops.jobs.host import credentials, own_policy
from ops.jobs.run.job import actor

ATTESTATION, SIGN_OFF = "attestation", "sign-off"
ROOT = "person:root"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Word:
    """What a person says. by: who makes the statement, if not the person logged in."""

    statement: str
    by: str = ""


def attest(subject: str, word: Word, file: Path | None, directory: Path) -> Mapping[str, Plain]:
    """Record a person's word on a subject; return the record.

    file: what shows it; its digest is recorded, not the file. Raise UsageError when nobody says so, or the subject is
    a duty, which this would not fulfil.
    """
    if subject in own_policy.read().all_duties:
        raise UsageError(f"{subject} is a duty", f"write --duty {subject}, so that it counts as done")
    return _recorded(ATTESTATION, subject, word, _shown(file), directory)


def fulfil(duty: str, word: Word, file: Path | None, directory: Path) -> Mapping[str, Plain]:
    """Record a person's word that a duty was done; return the record.

    Raise UsageError when the policy of this machine has no such duty, or nobody says so.
    """
    known = sorted(own_policy.read().all_duties)
    if duty not in known:
        raise UsageError(
            f"there is no duty {duty!r}{nearest(duty, known)}; known: {', '.join(known) or 'none'}",
            "if the policy was changed, run playbooks/site.yml first",
        )
    return _recorded(ATTESTATION, duty, word, {"duty": duty, **_shown(file)}, directory)


def sign_off(number: int, word: Word, directory: Path, signers: Path) -> Mapping[str, Plain]:
    """Record that a record was read and accepted; return the new record.

    Raise Damaged when the ledger is not whole, UsageError when it has no such record.
    """
    demand_person(word.by)
    record = _record(directory, signers, number)
    return _recorded(SIGN_OFF, str(record["subject"]), word, {"record": record}, directory)


def _recorded(act: str, subject: str, word: Word, facts: Mapping[str, Plain], directory: Path) -> Mapping[str, Plain]:
    who = demand_person(word.by)
    body: dict[str, Plain] = {
        "host": own_policy.read().host,
        "actor": who,
        "act": act,
        "subject": subject,
        "result": Verdict.PASS.value,
        "message": redacted_text(word.statement),
        "started": clock.iso(clock.now()),
        "facts": {"by": word.by or who.removeprefix("person:"), **facts},
    }
    return {"n": Ledger(directory, credentials.find("ledger.key")).append(body).n, **body}


def demand_person(by: str) -> str:
    """Return who acts, given whose word it is; raise UsageError when that is nobody in particular."""
    who = actor()
    if who == ROOT and not by:
        raise UsageError("cannot attribute this to root", "use --by NAME, or log in as yourself and use sudo")
    return who


def _shown(path: Path | None) -> Mapping[str, Plain]:
    """Return digest and size of what shows it; its name may be a patient's."""
    if path is None:
        return {}
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", "name a readable file") from error
    return {"shown_by": {"sha256": found.hexdigest(), "bytes": path.stat().st_size}}


def _record(directory: Path, signers: Path, number: int) -> Mapping[str, Plain]:
    """Return what names a record for good; a ledger that was changed is not signed."""
    found = verify(directory, signers)
    if worst(one.verdict for one in found) is Verdict.FAIL:
        raise Damaged(f"the ledger does not verify: {found[0].message}", "seawall ledger verify shows every problem")
    with plain_file.reading(directory / NAME) as file:
        for line in file:
            if record := _numbered(line, number):
                about = {"act": record.act, "subject": record.subject, "result": record.result}
                return {"n": number, "sha256": digest(line), **about}
    raise UsageError(
        f"the ledger in {directory} has no record {number}", "seawall ledger show lists the newest records"
    )


def _numbered(line: bytes, number: int) -> Record | None:
    """Return the record of a line, if it has that number; raise Damaged when it is no record."""
    if not line.endswith(b"\n") or f'"n":{number},'.encode() not in line:
        return None
    record = read(line, f"record {number}")
    return record if record.n == number else None
