"""Back up the control machine itself: everything needed to rebuild it on a clean machine.

  seawall control look                  ask every machine for the facts needed to rebuild it; list their ledger keys
  seawall control collect               collect new records of every machine's ledger, and verify them
  seawall control coverage his1         check the ledger collected from his1 for missed or late jobs
  seawall control backup                look, collect, and store the backup where `control` in the policy says
  seawall control check                 check that the newest good backup is younger than its RPO
  seawall control timers --dry-run      show the timers that mail the policy's reports; without it, set them up

The set holds the inventory, this checkout with its history, Python and Debian packages, and the SSH keys that the
inventory names. `seawall runbook` prints how to restore it on a clean machine; see docs/site-drill.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping

from ops.commands import _coverage_table as coverage_table
from ops.commands._options import add_period, add_signers
from ops.commands.control import _options
from ops.core.printable import as_json, printable
from ops.core.verdict import Finding, Verdict, worst
from ops.fleet import inventory
from ops.fleet.control_machine import backup, host_facts, policies
from ops.fleet.control_machine.identity import demanded
from ops.fleet.ledgers import collect
from ops.fleet.packaging.deb import CHECKOUT
from ops.fleet.periods import timers
from ops.policy import HostPolicy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall control` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    look = commands.add_parser("look", help="ask every machine for the facts needed to rebuild it")
    gather = commands.add_parser("collect", help="collect new records of every machine's ledger, and verify them")
    backup = commands.add_parser("backup", help="look, collect, and back up the control machine itself")
    check = commands.add_parser("check", help="check the age of the control machine's own backup")
    timers = commands.add_parser("timers", help="set up the timers that mail the policy's reports")
    timers.add_argument("--dry-run", action="store_true", help="show what would be written and removed")
    coverage = commands.add_parser("coverage", help="check a collected ledger for missed or late jobs")
    for command in (coverage, commands.add_parser("complete")):  # the latter: as the version before called it
        command.add_argument("host", help="the machine from which the ledger was collected")
        add_period(command)
        add_signers(command)
        _options.add_inventory(command)
    for command in (look, gather, backup, check, timers):
        _options.add_inventory(command)
    _options.add_vault(timers, _options.OPENS)
    _options.add_vault(backup, _options.OPENS)


def execute(options: argparse.Namespace) -> int:
    """Look, collect, compare, back up or check; return the exit code."""
    read = _options.read_inventory(options)
    if options.command == "collect":
        return _collect(read, options)
    if options.command in {"coverage", "complete"}:
        return _coverage(read, options)
    if options.command == "timers":
        return _timers(read, options)
    own = demanded(read.policies())
    if options.command == "look":
        found = backup.look(read)
        _tell(found, plain=options.json)
        return 0 if worst(one.verdict for one in found.values()) is Verdict.PASS else 1
    if options.command == "check":
        return _check(read, own, options)
    return _backup(read, own, options)


def _of_machines(what: str, ask: Callable[[], Mapping[str, Finding]], own: str) -> Mapping[str, Finding]:
    """Return what the machines told; whatever keeps it from being told must not keep this machine from its backup."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 -- what stops the question must not stop the backup
        message = f"the machines' {what} could not be collected: {type(error).__name__}: {error}"
        return {own: Finding(Verdict.UNKNOWN, message)}


def _collected(read: inventory.Inventory) -> dict[str, Finding]:
    """Bring what is new of the ledgers, and keep the policies that their records name from now on."""
    found = collect.collect(read)
    policies.note(read.path, read.policies())
    return found


def _collect(read: inventory.Inventory, options: argparse.Namespace) -> int:
    found = _collected(read)
    _tell(found, plain=options.json)
    return worst(one.verdict for one in found.values()).exit_code


def _timers(read: inventory.Inventory, options: argparse.Namespace) -> int:
    wanted = timers.units(read, CHECKOUT, options.vault_password_file)
    for what, name in timers.changes(wanted, timers.FOLDER):
        print(f"{what}: {timers.FOLDER / name}")
        if options.dry_run and what == "write":
            print(wanted[name])
    if not options.dry_run:
        timers.install(wanted)
    names = [name for name in wanted if name.endswith(".timer")]
    print(f"timers: {', '.join(names) or 'none; the policy has no reports'}")
    return 0


def _coverage(read: inventory.Inventory, options: argparse.Namespace) -> int:
    found = collect.covered(read, options.host, (options.since, options.until), options.signers)
    print(json.dumps(coverage_table.plain(found)) if options.json else coverage_table.text(found))
    return found.verdict.exit_code


def _tell(found: Mapping[str, Finding], *, plain: bool) -> None:
    if plain:
        print(as_json(host_facts.plain(found)))
    else:
        print(
            "".join(f"{one.verdict.value:<8} {host}: {printable(one.message)}\n" for host, one in found.items()), end=""
        )


def _check(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    found = backup.judged_age(read, own)
    verdict = worst(one.verdict for one in found)
    if options.json:
        print(json.dumps({"verdict": verdict.value, "message": "; ".join(one.message for one in found)}))
    else:
        print("\n".join(f"{one.verdict.value:<8} {own.host}: {printable(one.message)}" for one in found))
    return verdict.exit_code


def _backup(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    """Look, collect, store; what is wrong with one machine or ledger is told, and is no reason to stop."""
    told = sys.stderr if options.json else sys.stdout
    for host, one in _of_machines("facts", lambda: backup.look(read), own.host).items():
        print(f"{one.verdict.value:<8} {host}: {printable(one.message)}", file=told, flush=True)
    for host, one in _of_machines("ledgers", lambda: _collected(read), own.host).items():
        if one.verdict is not Verdict.PASS:
            print(f"{one.verdict.value:<8} {host}: ledger: {printable(one.message)}", file=told, flush=True)
    ended = backup.back_up(read, own, options.vault_password_file)
    print(ended.text(as_json=options.json), end="")
    return ended.code
