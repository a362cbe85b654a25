"""Show and verify the signed ledger of this machine: one record for every act.

  seawall ledger verify                     verify the whole chain and the last signature
  seawall ledger verify --every             verify the signature of every head so far, too
  seawall ledger verify --head "812 9f2c…"  verify that the ledger still holds a record noted elsewhere
  seawall ledger show -n 50                 show the newest records
  seawall ledger rotate-key --reason 'yearly change of the key'           rotate the signing key
  seawall ledger rotate-key --restored --reason 'disk lost, ticket 4711'  resume after a restore
  seawall ledger coverage --since 2026-10-01 --until 2026-10-31   find missed and late jobs
  seawall ledger head --paper               print its head as a page to be signed outside IT
  seawall ledger attest 'UPS room 2' --statement 'ran 14 min on battery, load 40 %'
  seawall ledger attest --duty ups_quarterly --by 'Head of IT'   record that a duty of the policy was done
  seawall ledger sign-off 41                record that you read and accepted record 41, such as a drill's

docs/ledger.md explains how to verify without Seawall.
"""

from __future__ import annotations

import argparse
import json
from collections import deque
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.commands import _options
from ops.commands.server.ledger import attest, coverage, head, rotate_key
from ops.core import clock, plain_file
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.printable import as_json, printable
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.anchor import Anchor
from ops.evidence.ledger import NAME
from ops.evidence.verification import verify
from ops.interfaces.record import Record, read
from ops.jobs.host import folders, own_policy

UNREADABLE = "unreadable"
MOST = 40  # findings shown to a person; --json has all
# The words of the version before; they are understood, and no help names them.
OLD = {"complete": "coverage", "succeed": "rotate-key"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall ledger` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    words = commands.add_parser("verify", help="verify the whole chain and the last signature")
    _options.add_signers(words)
    words.add_argument(
        "--head",
        type=_options.noted_head,
        metavar="'N SHA256'",
        help="a head that was noted elsewhere, for example on paper",
    )
    words.add_argument(
        "--seen",
        type=_options.moment,
        metavar="TIME",
        help="when that head was noted; a restore recorded later may have lost it",
    )
    words.add_argument("--every", action="store_true", help="verify every stored signature, not only the last")
    show = commands.add_parser("show", help="show the newest records")
    show.add_argument("-n", "--lines", type=int, default=20, metavar="N", help="how many (default: 20)")
    end = commands.add_parser("head", help="show the head of the ledger, to be noted elsewhere")
    end.add_argument("--paper", action="store_true", help="a page to print, sign and keep outside IT")
    _options.add_signers(end)
    rotate_key.arguments(
        commands.add_parser(
            "rotate-key", help="rotate the signing key, or resume after a restore; the reason is recorded"
        )
    )
    attest.arguments(
        commands.add_parser("attest", help="record an attestation: a person's word for what no machine can see"),
        commands.add_parser("sign-off", help="record that you read and accepted a record"),
    )
    coverage.arguments(commands.add_parser("coverage", help="check for missed or late jobs"))
    rotate_key.arguments(commands.add_parser("succeed"))
    coverage.arguments(commands.add_parser("complete"))
    for command in dict(commands.choices).values():
        command.add_argument("--directory", type=Path, metavar="DIR", help="folder of the ledger")


def execute(options: argparse.Namespace) -> int:
    """Do what the words after `seawall ledger` say; return the exit code."""
    directory = options.directory or folders.state() / "ledger"
    if options.command == "show":
        return _show(directory, options.lines, options.json)
    signers = options.signers or folders.etc() / "allowed_signers"
    command = OLD.get(options.command, options.command)
    if command == "head":
        return head.execute(directory, signers, paper=options.paper, as_json=options.json)
    if command == "verify":
        return _verify(options, directory, signers)
    if command == "coverage":
        return coverage.execute(options, directory, signers)
    if command == "rotate-key":
        return rotate_key.execute(options, directory, signers)
    return attest.execute(options, directory, signers)


def _verify(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    if options.directory is None and options.head is None and _nothing_to_record(directory):
        nothing = Finding(Verdict.PASS, "this machine has no scheduled jobs and an empty ledger")
        return _tell([nothing], options.json)
    anchor = Anchor(options.head, options.seen) if options.head else None
    host = "" if options.directory else _own_host()
    return _tell(verify(directory, signers, anchor, host=host, each_signature=options.every), options.json)


def _own_host() -> str:
    """Return whose the ledger of this machine is; empty where no policy says so: it is verified all the same."""
    try:
        return own_policy.read().host
    except (SeawallError, OSError):
        return ""


def _nothing_to_record(directory: Path) -> bool:
    """Whether this machine neither backs up nor drills, and nothing of a ledger is there."""
    try:
        if any(directory.iterdir()):
            return False
    except FileNotFoundError:
        pass
    except OSError:
        return False
    policy = own_policy.read()
    return not policy.assets and not policy.drills


def _tell(findings: list[Finding], plain: bool) -> int:
    verdict = worst(finding.verdict for finding in findings)
    if plain:
        shown = [{"verdict": finding.verdict.value, "message": finding.message} for finding in findings]
        print(json.dumps({"version": 1, "verdict": verdict.value, "findings": shown}))
        return verdict.exit_code
    for finding in findings[:MOST]:
        print(f"{finding.verdict.value:<8}{printable(finding.message)}")
    if len(findings) > MOST:
        print(f"        and {len(findings) - MOST} more; --json lists all")
    if verdict is Verdict.FAIL:
        print("the ledger was tampered with; leave it as it is, and compare it with the copies kept elsewhere")
    return verdict.exit_code


def _show(directory: Path, count: int, plain: bool) -> int:
    try:
        with plain_file.reading(directory / NAME) as file:
            newest = list(deque(file, maxlen=max(count, 0)))
    except FileNotFoundError as error:
        own_policy.demand_ledgers_server(directory)
        raise Unavailable(f"there is no ledger in {directory}", "the first act creates it") from error
    except PermissionError as error:
        raise Unavailable(f"this account may not read the ledger in {directory}", "run as root") from error
    records = [_record(line) for line in newest]
    if plain:
        print(as_json([_plain(record) for record in records]))
        return 0
    zone = _zone()
    print(f"{'n':>6}  {'when (' + zone.key + ')':<30}{'act':<9}{'subject':<16}{'result':<9}by")
    for record in records:
        print(_row(record, zone) if isinstance(record, Record) else _unreadable(record))
    return 0


def _record(line: bytes) -> Record | Damaged:
    """Return the record that a line holds, or why there is none."""
    try:
        return read(line, "the line")
    except Damaged as error:
        return error


def _plain(record: Record | Damaged) -> dict[str, Plain]:
    if isinstance(record, Record):
        return record.written()
    return {"act": UNREADABLE, "result": Verdict.UNKNOWN.value, "message": str(record)}


def _row(record: Record, zone: ZoneInfo) -> str:
    try:
        when = f"{clock.parse(record.when).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        when = "?"
    act, subject, result, actor = map(printable, (record.act, record.subject, record.result, record.actor))
    row = f"{record.n:>6}  {when:<30}{act:<9}{subject:<16}{result:<9}{actor}"
    return (
        row if not record.message or record.verdict is Verdict.PASS else f"{row}\n        {printable(record.message)}"
    )


def _unreadable(error: Damaged) -> str:
    row = f"{'?':>6}  {'?':<30}{UNREADABLE:<25}{Verdict.UNKNOWN.value}"
    return f"{row}\n        {printable(error.message)}"


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(own_policy.read().site.timezone)
    except (SeawallError, OSError, ValueError):
        return ZoneInfo("UTC")
