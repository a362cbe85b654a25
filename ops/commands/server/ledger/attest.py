"""Record a person's signed word: for what no machine can see, or that a record was read and accepted."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from ops.commands import _options
from ops.core.errors import UsageError
from ops.jobs.ledger.attest import Word, attest, fulfil, sign_off

DONE = "done"
_SUBJECT = re.compile(r"[\w][\w.,:/ -]{0,79}")


def arguments(attesting: argparse.ArgumentParser, signing_off: argparse.ArgumentParser) -> None:
    """Add the words of `seawall ledger attest` and `seawall ledger sign-off`."""
    about = attesting.add_mutually_exclusive_group(required=True)
    about.add_argument("subject", type=_subject, nargs="?", help="subject: a clause, a device, an asset")
    about.add_argument("--duty", metavar="NAME", help="the duty of the policy that was done")
    attesting.add_argument(
        "--statement",
        metavar="TEXT",
        help=f"what you saw or did; names of people are removed (with --duty, default: {DONE})",
    )
    attesting.add_argument(
        "--file", type=Path, metavar="FILE", help="evidence; the digest of the file is recorded, not the file"
    )
    signing_off.add_argument("number", type=int, help="number of the record that you read")
    signing_off.add_argument("--statement", default="read and accepted", metavar="TEXT", help="your comment")
    for command in (attesting, signing_off):
        command.add_argument(
            "--by", default="", metavar="NAME", help="who makes the statement, if not the person logged in"
        )
        _options.add_signers(command)


def execute(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Record the word, and print what was recorded."""
    if options.command == "sign-off":
        record = sign_off(options.number, Word(options.statement, options.by), directory, signers)
    elif options.duty is not None:
        record = fulfil(options.duty, Word(options.statement or DONE, options.by), options.file, directory)
    elif options.statement is None:
        raise UsageError("nothing is said", "add --statement TEXT: what you saw or did")
    else:
        record = attest(options.subject, Word(options.statement, options.by), options.file, directory)
    if options.json:
        print(json.dumps(record))
    else:
        print(f"record {record['n']}: {record['act']} of {record['subject']}: {record['message']}")
    return 0


def _subject(text: str) -> str:
    if not _SUBJECT.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid subject; expected for example 4.1.8, UPS room 2 or his1_server"
        )
    return text
