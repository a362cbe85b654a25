"""The sheet of keys for the safe: print it, and prove that what is printed opens the repositories.

  seawall keys sheet --output sheet.html --html           for a printer; a file for its owner only; remove it afterwards
  seawall keys sheet --yes | lp                           as text, straight to a printer
  seawall keys check typed.txt                            read a typed or scanned sheet back, and open what it opens

The sheet names every repository that is kept off-site or on a removable disk, with what restic needs to read it. With
--with-vault it also holds the password of the inventory's secrets. docs/keys.md: who keeps it, and when it is tested.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import sys
import tempfile
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from ops.core.errors import SeawallError, UsageError
from ops.core.files import write_atomically
from ops.core.verdict import Finding, Verdict, worst
from ops.fleet import inventory
from ops.fleet.control_machine.backup import vault_option
from ops.fleet.control_machine.identity import as_control_machine, demanded
from ops.fleet.key_sheet import form
from ops.fleet.secrets.authority import fingerprint
from ops.fleet.secrets.unlocked import RepositoryAccess, UnlockedSecrets
from ops.policy import HostPolicy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall keys` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sheet = commands.add_parser("sheet", help="print the sheet for the safe")
    form = sheet.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="as text (default)")
    form.add_argument("--html", action="store_true", help="as a page to print")
    sheet.add_argument("--output", type=Path, metavar="FILE", help="write it there, readable for you alone")
    sheet.add_argument("--yes", action="store_true", help="write secrets to what is no terminal, such as a printer")
    sheet.add_argument("--with-vault", action="store_true", help="with the password of the inventory's secrets")
    vault_option(sheet)
    check = commands.add_parser("check", help="read a typed or scanned sheet back, and open what it opens")
    check.add_argument("typed", metavar="FILE", help="- is the keyboard")
    for command in (sheet, check):
        inventory.add_option(command)


def execute(options: argparse.Namespace) -> int:
    """Print a sheet or test one; both are recorded in the control machine's ledger."""
    read = inventory.read(options.inventory)
    own = demanded(read.policies())
    return _check(read, own, options) if options.command == "check" else _sheet(read, own, options)


def _sheet(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    if not (options.output or options.yes or sys.stdout.isatty()):
        raise UsageError(
            "the sheet holds every secret, and this is no terminal",
            "--output FILE, or --yes when it goes straight to a printer",
        )
    from ops.fleet.key_sheet.render import html, text

    opened = UnlockedSecrets(read, options.vault_password_file)
    doors = list(opened.away())
    if not doors:
        raise UsageError("no repository is kept off-site or on a removable disk; there is nothing to print")
    vault = Path(options.vault_password_file).read_text(encoding="utf-8").strip() if options.with_vault else None
    blocks = form.blocks(doors, fingerprint(opened.authority()), _addresses(read, doors), vault)
    page = (html if options.html else text)(blocks, own.site, _person())
    said = f"a sheet of keys with {len(doors)} repositories was printed" + (
        ", and the vault's password" if vault else ""
    )
    _record(read, own, "key-sheet", lambda: Finding(Verdict.PASS, said))
    if options.output:
        write_atomically(options.output, page)
        print(f"{options.output}: {said}; remove the file once it is on paper", file=sys.stderr)
    else:
        sys.stdout.write(page)
    return 0


def _addresses(read: inventory.Inventory, doors: list[RepositoryAccess]) -> dict[str, str]:
    """Return the numeric addresses of the repositories' hosts, as far as the inventory has them."""
    found = {}
    for keeper in sorted({door.keeper for door in doors}):
        address = str(read.connection(keeper).get("ansible_host", ""))
        try:
            found[keeper] = str(ip_address(address))
        except ValueError:
            continue  # a name, which somebody must look up elsewhere; the runbook says so
    return found


def _check(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    sheet = form.read(_typed(options.typed))
    found: dict[str, Finding] = {}

    def test() -> Finding:
        found.update(_tested(sheet))
        bad = [name for name, one in found.items() if one.verdict is not Verdict.PASS]
        said = f"{len(found) - len(bad)} of {len(found)} keys open their repositories"
        return Finding(
            worst(one.verdict for one in found.values()), "; ".join([said, *(f"not {name}" for name in bad)])
        )

    result = _record(read, own, "key-test", test)
    lines = [f"fail     {line}" for line in (*sheet.wrong, *(f"{name}: is missing" for name in sheet.lacks()))]
    if options.json:
        print(json.dumps({"verdict": result.verdict.value, "message": result.message, "lines": lines}))
    else:
        lines += [f"{one.verdict.value:<8} {name}: {one.message}" for name, one in found.items()]
        print("\n".join([*lines, f"{result.verdict.value}: {result.message}"]))
    return max(result.verdict.exit_code, Verdict.FAIL.exit_code) if sheet.wrong else result.verdict.exit_code


def _typed(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} can't be read: {error}") from error


def _tested(sheet: form.Reading) -> dict[str, Finding]:
    """Open every repository with nothing but what the sheet says."""
    from ops.fleet.key_sheet.trial import tested

    doors = list(sheet.doors())
    if not doors:
        return {"sheet": Finding(Verdict.FAIL, "names no repository of which every line is there")}
    with tempfile.TemporaryDirectory(prefix="seawall-keys-") as folder:
        return {f"{door.place}/{door.machine}": tested(door, sheet, Path(folder)) for door in doors}


def _record(read: inventory.Inventory, own: HostPolicy, act: str, look: Callable[[], Finding]) -> Finding:
    """Do what is looked for as an act of the control machine: by whom, when, and how it ended."""
    from ops.jobs.run.job import Outcome, perform

    def work() -> Outcome:
        try:
            one = look()
        except SeawallError as error:
            one = Finding(Verdict.UNKNOWN, error.message)
        return Outcome(one.verdict, one.message, {} if one.verdict is Verdict.PASS else None)

    with as_control_machine(read.path, own, {}):
        outcome = perform(act, act, "keys", own.host, work)
    return Finding(outcome.verdict, outcome.message)


def _person() -> str:
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
