"""The key sheet for the safe: print it, and prove that it opens the repositories. Change their passwords.

  seawall keys sheet --output sheet.html --html           a page to print, readable only for you; delete it afterwards
  seawall keys sheet --yes | lp                           text, straight to a printer
  seawall keys seal --with-vault --output keys.asc        the same, sealed to the holders that the policy names
  seawall keys due                                        what is outdated, and when the next test is due
  seawall keys check typed.txt                            check a typed or scanned sheet, and open every repository
  seawall keys rotate his1 offsite --reason 'Anna left'   a new password for a repository that stays as it is

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
from ops.core import clock
from ops.core.errors import UsageError
from ops.core.schema import encode
from ops.core.verdict import Verdict, worst
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
    check.add_argument("--by", default="", metavar="NAME", help="who typed it (default: whoever is logged in)")
    for command in (sheet, check, _add_seal(commands), _add_due(commands), _add_rotate(commands)):
        _options.add_inventory(command)


def _add_seal(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    sealing = commands.add_parser(
        "seal",
        help="seal the key sheet to the policy's holders; do it again when one leaves",
        description="Write the key sheet into a file that each of the policy's holders (`control.holders`) can open\n"
        "alone, with GnuPG and a private key of their own. The public keys lie in .holders/NAME.asc next to the\n"
        "inventory. When a holder leaves, take the name out of the policy, seal again, and rotate what they knew.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall keys seal --with-vault --output keys.asc     then give each holder a copy\n"
        "  gpg --decrypt keys.asc | seawall keys check -        a holder tests it\n\n"
        "exit codes: 0 sealed, 3 not: it says why\n",
    )
    sealing.add_argument("--output", type=Path, required=True, metavar="FILE", help="the sealed file")
    sealing.add_argument("--with-vault", action="store_true", help="include the vault password of the inventory")
    sealing.add_argument("--dry-run", action="store_true", help="say to whom it would be sealed, and write nothing")
    _options.add_vault(sealing, _options.OPENS)
    return sealing


def _add_due(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    return commands.add_parser(
        "due",
        help="judge whether sheet and holders have the keys that open, and when the next test is due",
        description="Judge, without asking any machine, whether the printed sheet and what was sealed hold the keys\n"
        "that open now, and when a second person has to test the sheet. `seawall status` shows the same.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example:\n  seawall keys due --json\n\n"
        "exit codes: 0 all is well, 1 due within 14 days or never done, 2 overdue or outdated, 3 unknown\n",
    )


def _add_rotate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    rotating = commands.add_parser(
        "rotate",
        help="give a repository and its readers new passwords, without uploading anything anew",
        description="Give a machine's repositories and their readers new passwords. Nothing is uploaded anew, and\n"
        "at each moment a password that the inventory holds opens. Run it again until it says pass: between its\n"
        "steps site.yml brings the new passwords to the machines. Interrupted, it goes on where it was.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  seawall keys rotate his1 --reason 'yearly change'        all repositories of a machine\n"
        "  seawall keys rotate his1 offsite --reason 'Anna left'   one of them\n"
        "  seawall keys rotate control --dry-run                   the control machine's own; changes nothing\n\n"
        "exit codes: 0 the old passwords open nothing any more, 1 a person has to do what is said, 2 failed, 3 usage\n",
    )
    rotating.add_argument("name", metavar="HOST|ASSET", help="whose repositories")
    rotating.add_argument("repositories", nargs="*", metavar="REPOSITORY", help="their names (default: all it uses)")
    rotating.add_argument("--reason", default="", metavar="TEXT", help="why; it is recorded in the ledgers")
    rotating.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    _options.add_vault(rotating, _options.SEALS)
    return rotating


def execute(options: argparse.Namespace) -> int:
    """Print a sheet or test one; both are recorded in the control machine's ledger."""
    read = _options.read_inventory(options)
    own = demanded(read.policies())
    commands = {"check": _check, "sheet": _sheet, "seal": _seal, "due": _due, "rotate": _rotate}
    return commands[options.command](read, own, options)


def _seal(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    word, dry = options.with_vault, options.dry_run
    said = keys.seal(read, own, options.vault_password_file, options.output, with_vault=word, dry=dry)
    print(json.dumps({"message": said}) if options.json else said)
    return 0


def _due(read: inventory.Inventory, _own: HostPolicy, options: argparse.Namespace) -> int:
    from ops.fleet.key_sheet.standing import standing

    found = standing(read.path, read.policies(), clock.now())
    if options.json:
        print(json.dumps([encode(one) for one in found]))
    elif not found:
        print("unknown  no repository is off-site, or its secrets are not made yet")
    else:
        for one in found:
            when = f"due by {one.due}" if one.due else "never done"
            print(f"{one.verdict.value:<8} {'; '.join(filter(None, [when, one.message]))}")
    return worst(one.verdict for one in found).exit_code


def _rotate(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    from ops.fleet.key_rotation import rotate

    machine, places = rotate.chosen(read.policies(), own, options.name, options.repositories)
    if options.dry_run:
        plans = {one: rotate.planned(read, options.vault_password_file, machine, one) for one in places}
        print(
            json.dumps(plans) if options.json else "".join(f"{machine} {one}: {said}\n" for one, said in plans.items())
        )
        return 0
    if not options.reason.strip():
        raise UsageError("no reason", "--reason TEXT, which is recorded in the ledgers")
    found = rotate.rotate(read, own, options.vault_password_file, (machine, places), options.reason.strip())
    if options.json:
        told = {one: {"verdict": said.verdict.value, "message": said.message} for one, said in found.items()}
        print(json.dumps({"machine": machine, "repositories": told}))
    else:
        print("\n".join(f"{said.verdict.value:<8} {machine} {one}: {said.message}" for one, said in found.items()))
    return worst(one.verdict for one in found.values()).exit_code


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
    tested = keys.check(read, own, _typed(options.typed), options.by.strip())
    result = tested.result
    lines = [f"fail     {line}" for line in tested.wrong]
    if options.json:
        told = {"verdict": result.verdict.value, "message": result.message, "lines": lines}
        print(json.dumps(told | ({"counts": tested.counts} if tested.counts else {})))
    else:
        lines += [f"{one.verdict.value:<8} {name}: {one.message}" for name, one in tested.found.items()]
        lines += [f"{result.verdict.value}: {result.message}", *filter(None, [tested.counts])]
        print("\n".join(lines))
    code = result.verdict.exit_code
    return max(code, Verdict.FAIL.exit_code) if tested.misread else code


def _typed(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} can't be read: {error}") from error
