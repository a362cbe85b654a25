"""Show and verify the signed ledger of this machine: one record for every act.

  seawall ledger verify                     verify the whole chain and the last signature
  seawall ledger verify --every             verify the signature of every head so far, too
  seawall ledger verify --head "812 9f2c…"  verify that the ledger still holds a record noted elsewhere
  seawall ledger show -n 50                 show the newest records
  seawall ledger succeed --reason 'yearly change of the key'           rotate the signing key
  seawall ledger succeed --restored --reason 'disk lost, ticket 4711'  resume after a restore
  seawall ledger complete --since 2026-10-01 --until 2026-10-31   find missed and late jobs
  seawall ledger head --paper               print its head as a page to be signed outside IT
  seawall ledger attest 'UPS room 2' --statement 'ran 14 min on battery, load 40 %'
  seawall ledger sign-off 41                record that you read and accepted record 41, such as a drill's

docs/ledger.md explains how to verify without Seawall.
"""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import SeawallError, Unavailable
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.ledger import NAME
from ops.evidence.verification import verify
from ops.jobs import settings
from ops.jobs.ledger import attest, coverage, rotate_key
from ops.jobs.ledger import head as ending

if TYPE_CHECKING:
    import argparse

MOST = 40  # findings shown to a person; --json has all


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall ledger` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    words = commands.add_parser("verify", help="verify the whole chain and the last signature")
    words.add_argument(
        "--signers",
        type=Path,
        metavar="FILE",
        help="file with the keys that may sign, in the format of ssh-keygen's allowed_signers",
    )
    words.add_argument(
        "--head", type=ending.noted, metavar="'N SHA256'", help="a head that was noted elsewhere, for example on paper"
    )
    words.add_argument("--every", action="store_true", help="verify every stored signature, not only the last")
    show = commands.add_parser("show", help="show the newest records")
    show.add_argument("-n", "--lines", type=int, default=20, metavar="N", help="how many (default: 20)")
    head = commands.add_parser("head", help="show the head of the ledger, to be noted elsewhere")
    head.add_argument("--paper", action="store_true", help="as a page to print, sign and keep outside IT")
    head.add_argument(
        "--signers",
        type=Path,
        metavar="FILE",
        help="file with the keys that may sign, in the format of ssh-keygen's allowed_signers",
    )
    succeed = commands.add_parser(
        "succeed", help="rotate the signing key, or resume after a restore; the reason is recorded"
    )
    rotate_key.arguments(succeed)
    word = commands.add_parser("attest", help="record an attestation: a person's word for what no machine can see")
    sign_off = commands.add_parser("sign-off", help="record that you read and accepted a record")
    attest.arguments(word, sign_off)
    complete = commands.add_parser("complete", help="check for missed or late jobs")
    coverage.arguments(complete)
    for command in (words, show, head, succeed, word, sign_off, complete):
        command.add_argument("--directory", type=Path, metavar="DIR", help="folder of the ledger")


def execute(options: argparse.Namespace) -> int:
    """Verify or show."""
    directory = options.directory or settings.state() / "ledger"
    if options.command == "show":
        return _show(directory, options.lines, options.json)
    signers = options.signers or settings.etc() / "allowed_signers"
    if options.command == "complete":
        return coverage.execute(options, directory, signers)
    if options.command == "succeed":
        return rotate_key.execute(options, directory, signers)
    if options.command in {"attest", "sign-off"}:
        return attest.execute(options, directory, signers)
    if options.command == "head":
        return ending.show(directory, signers, paper=options.paper, plain=options.json)
    if options.directory is None and options.head is None and _nothing_to_record(directory):
        return _tell([Finding(Verdict.PASS, "this machine has no scheduled jobs and an empty ledger")], options.json)
    return _tell(verify(directory, signers, options.head, each_signature=options.every), options.json)


def _nothing_to_record(directory: Path) -> bool:
    """Whether this machine neither backs up nor drills, and nothing of a ledger is there."""
    try:
        if any(directory.iterdir()):
            return False
    except FileNotFoundError:
        pass
    except OSError:
        return False
    policy = settings.policy()
    return not policy.assets and not policy.drills


def _tell(findings: list[Finding], plain: bool) -> int:
    verdict = worst(finding.verdict for finding in findings)
    if plain:
        shown = [{"verdict": finding.verdict.value, "message": finding.message} for finding in findings]
        print(json.dumps({"version": 1, "verdict": verdict.value, "findings": shown}))
        return verdict.exit_code
    for finding in findings[:MOST]:
        print(f"{finding.verdict.value:<8}{finding.message}")
    if len(findings) > MOST:
        print(f"        and {len(findings) - MOST} more; --json lists all")
    if verdict is Verdict.FAIL:
        print("the ledger was tampered with; leave it as it is, and compare it with the copies kept elsewhere")
    return verdict.exit_code


def _show(directory: Path, count: int, plain: bool) -> int:
    try:
        with (directory / NAME).open(encoding="utf-8", errors="replace") as file:
            newest = list(deque(file, maxlen=max(count, 0)))
    except FileNotFoundError as error:
        raise Unavailable(f"there is no ledger in {directory}", "the first act creates it") from error
    except PermissionError as error:
        raise Unavailable(f"this account may not read the ledger in {directory}", "run as root") from error
    if plain:
        print(json.dumps([_record(line) for line in newest], ensure_ascii=False))
        return 0
    zone = _zone()
    print(f"{'n':>6}  {'when (' + zone.key + ')':<30}{'act':<9}{'subject':<16}{'result':<9}by")
    for line in newest:
        print(_row(_record(line), zone))
    return 0


def _record(line: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {"act": "unreadable", "result": "unknown", "message": line.strip()[:80]}


def _row(record: dict[str, Any], zone: ZoneInfo) -> str:
    try:
        when = f"{clock.parse(record['when']).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (KeyError, ValueError):
        when = "?"
    cells = [record.get(name, "") for name in ("act", "subject", "result", "actor")]
    row = f"{record.get('n', '?'):>6}  {when:<30}{cells[0]:<9}{cells[1]:<16}{cells[2]:<9}{cells[3]}"
    message = record.get("message")
    return f"{row}\n        {message}" if message and record.get("result") != "pass" else row


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(settings.policy().site.timezone)
    except (SeawallError, OSError, ValueError):
        return ZoneInfo("UTC")
