"""The key sheet for the safe: print it, and prove that it opens the repositories.

  seawall keys sheet --output sheet.html --html           a page to print, readable only for you; delete it afterwards
  seawall keys sheet --yes | lp                           text, straight to a printer
  seawall keys check typed.txt                            check a typed or scanned sheet, and open every repository

The sheet lists every repository that is off-site or on a removable disk, with everything restic needs to read it. With
--with-vault it also has the vault password of the inventory. docs/keys.md explains who keeps it and when to test it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options, _output
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.fleet import inventory
from ops.fleet.control_machine.identity import demanded
from ops.fleet.key_sheet import keys
from ops.policy import HostPolicy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall keys` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sheet = commands.add_parser("sheet", help="print the key sheet for the safe")
    shape = sheet.add_mutually_exclusive_group()
    shape.add_argument("--text", action="store_true", help="plain text (default)")
    shape.add_argument("--html", action="store_true", help="an HTML page to print")
    shape.add_argument("--pdf", action="store_true", help="the same page as a PDF")
    sheet.add_argument(
        "--output", type=Path, metavar="FILE", help="write the sheet to this file, readable only for you"
    )
    sheet.add_argument("--yes", action="store_true", help="allow writing secrets to a pipe (for example, lp)")
    sheet.add_argument("--with-vault", action="store_true", help="include the vault password of the inventory")
    add_language(sheet)
    _options.add_vault(sheet, _options.OPENS)
    check = commands.add_parser("check", help="check a typed or scanned sheet, and open every repository on it")
    check.add_argument("typed", metavar="FILE", help="use - for standard input")
    for command in (sheet, check):
        _options.add_inventory(command)


def execute(options: argparse.Namespace) -> int:
    """Print a sheet or test one; both are recorded in the control machine's ledger."""
    read = _options.read_inventory(options)
    own = demanded(read.policies())
    return _check(read, own, options) if options.command == "check" else _sheet(read, own, options)


def _sheet(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    if not (options.output or options.yes or sys.stdout.isatty()):
        raise UsageError(
            "refusing to write secrets to something that is not a terminal",
            "use --output FILE, or --yes to send it straight to a printer",
        )
    _output.demand_place(options.output, pdf=options.pdf)
    form = keys.HTML if options.html or options.pdf else keys.TEXT
    with spoken(options, own.site.language):
        page, said = keys.sheet(read, own, options.vault_password_file, form, with_vault=options.with_vault)
    _output.write(page, options.output, pdf=options.pdf)
    if options.output:
        print(f"{options.output}: {said}; delete the file after printing", file=sys.stderr)
    return 0


def _check(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    tested = keys.check(read, own, _typed(options.typed))
    result = tested.result
    lines = [f"fail     {line}" for line in tested.wrong]
    if options.json:
        print(json.dumps({"verdict": result.verdict.value, "message": result.message, "lines": lines}))
    else:
        lines += [f"{one.verdict.value:<8} {name}: {one.message}" for name, one in tested.found.items()]
        print("\n".join([*lines, f"{result.verdict.value}: {result.message}"]))
    code = result.verdict.exit_code
    return max(code, Verdict.FAIL.exit_code) if tested.misread else code


def _typed(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} can't be read: {error}") from error
