"""Show and verify the record of every act.

  seawall ledger verify                     the whole chain and the last signature
  seawall ledger verify --every             and the signature of every head that ever was
  seawall ledger verify --head "812 9f2c…"  and that the ledger still holds a record noted elsewhere
  seawall ledger show -n 50                 the newest records
  seawall ledger succeed --reason 'yearly change of the key'           go on with a new key
  seawall ledger succeed --restored --reason 'disk lost, ticket 4711'  go on after a restore
  seawall ledger complete --since 2026-10-01 --until 2026-10-31   expected, done, late, missing
  seawall ledger head --paper               where it ends, as a page to be signed outside IT
  seawall ledger attest 'UPS room 2' --statement 'ran 14 min on battery, load 40 %'   a person's word
  seawall ledger sign-off 41                a record, such as a drill's, was read and accepted

How to do the same without Seawall: docs/ledger.md
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
    words = commands.add_parser("verify", help="judge the whole chain and the last signature")
    words.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, as ssh-keygen lists them")
    words.add_argument("--head", type=ending.noted, metavar="'N SHA256'", help="a head noted elsewhere, as on paper")
    words.add_argument("--every", action="store_true", help="verify every signature that is kept, not only the last")
    show = commands.add_parser("show", help="show the newest records")
    show.add_argument("-n", "--lines", type=int, default=20, metavar="N", help="how many (default: 20)")
    head = commands.add_parser("head", help="show where the ledger ends, to be noted elsewhere")
    head.add_argument("--paper", action="store_true", help="as a page to be printed, signed and kept outside IT")
    head.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, as ssh-keygen lists them")
    succeed = commands.add_parser("succeed", help="go on with a new key, or after a restore, and record why")
    rotate_key.arguments(succeed)
    word = commands.add_parser("attest", help="record a person's word for what no machine can see")
    sign_off = commands.add_parser("sign-off", help="record that a record was read and accepted")
    attest.arguments(word, sign_off)
    complete = commands.add_parser("complete", help="hold the records against the policy's calendars")
    coverage.arguments(complete)
    for command in (words, show, head, succeed, word, sign_off, complete):
        command.add_argument("--directory", type=Path, metavar="DIR", help="where the ledger lies")


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
        return _tell(
            [Finding(Verdict.PASS, "the policy asks no act of this machine, and no record is here")], options.json
        )
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
        print("the ledger is not what was written; keep it as it is, and compare it with the copies elsewhere")
    return verdict.exit_code


def _show(directory: Path, count: int, plain: bool) -> int:
    try:
        with (directory / NAME).open(encoding="utf-8", errors="replace") as file:
            newest = list(deque(file, maxlen=max(count, 0)))
    except FileNotFoundError as error:
        raise Unavailable(f"there is no ledger in {directory}", "it is made by the first act") from error
    except PermissionError as error:
        raise Unavailable(f"the ledger in {directory} may not be read by this account", "run as root") from error
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
