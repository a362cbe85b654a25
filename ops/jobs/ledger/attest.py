"""A person's signed word in the ledger: for what no machine can see, or that a record was read and accepted."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.errors import Damaged, UsageError
from ops.core.verdict import Verdict, worst
from ops.evidence.ledger import NAME, Ledger, digest
from ops.evidence.redaction import redacted_text
from ops.evidence.verification import verify
from ops.jobs import settings
from ops.jobs.run.job import actor

ATTESTATION, SIGN_OFF = "attestation", "sign-off"
ROOT = "person:root"
_SUBJECT = re.compile(r"[\w][\w.,:/ -]{0,79}")
_PIECE = 1 << 20


def arguments(attest: argparse.ArgumentParser, sign_off: argparse.ArgumentParser) -> None:
    """Add the words of `seawall ledger attest` and `seawall ledger sign-off`."""
    attest.add_argument("subject", type=_subject, help="what it is about: a clause, a device, an asset")
    attest.add_argument(
        "--statement", required=True, metavar="TEXT", help="what you saw or did; people's names are cut"
    )
    attest.add_argument("--file", type=Path, metavar="FILE", help="what shows it; its digest is recorded, not the file")
    sign_off.add_argument("number", type=int, help="the number of the record that was read")
    sign_off.add_argument("--statement", default="read and accepted", metavar="TEXT", help="what you say to it")
    for command in (attest, sign_off):
        command.add_argument("--by", default="", metavar="NAME", help="who says so, where it isn't who logged in")
        command.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, as ssh-keygen lists them")


def execute(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Record the word, and print what was recorded."""
    who = actor()
    if who == ROOT and not options.by:
        raise UsageError("root is no person", "say who says so: --by NAME, or come in as yourself with sudo")
    if options.command == "attest":
        act, subject, facts = ATTESTATION, options.subject, _shown(options.file)
    else:
        record = _record(directory, signers, options.number)
        act, subject, facts = SIGN_OFF, str(record["subject"]), {"record": record}
    said = redacted_text(options.statement)
    body = {
        "host": settings.policy().host,
        "actor": who,
        "act": act,
        "subject": subject,
        "result": Verdict.PASS.value,
        "message": said,
        "started": clock.iso(clock.now()),
        "facts": {"by": options.by or who.removeprefix("person:"), **facts},
    }
    number = Ledger(directory, settings.credential("ledger.key")).append(body).n
    print(json.dumps({"n": number, **body}) if options.json else f"record {number}: {act} of {subject}: {said}")
    return 0


def _subject(text: str) -> str:
    if not _SUBJECT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no subject; expected such as 4.1.8, UPS room 2, his1_server")
    return text


def _shown(path: Path | None) -> Mapping[str, Any]:
    """Return digest and size of what shows it; its name may be a patient's."""
    if path is None:
        return {}
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", "name the file that shows it") from error
    return {"shown_by": {"sha256": found.hexdigest(), "bytes": path.stat().st_size}}


def _record(directory: Path, signers: Path, number: int) -> Mapping[str, Any]:
    """Return what names a record for good; a ledger that was changed is not signed."""
    found = verify(directory, signers)
    if worst(one.verdict for one in found) is Verdict.FAIL:
        raise Damaged(f"the ledger is not whole: {found[0].message}", "seawall ledger verify says all of it")
    with (directory / NAME).open("rb") as file:
        for line in file:
            said = json.loads(line) if line.endswith(b"\n") else {}
            if said.get("n") == number:
                return {
                    "n": number,
                    "sha256": digest(line),
                    **{name: said.get(name) for name in ("act", "subject", "result")},
                }
    raise UsageError(f"the ledger in {directory} has no record {number}", "seawall ledger show lists the newest")
