"""The control machine's own copy: what it takes to make it anew on a clean machine.

  seawall control look                  ask every machine what rebuilding it needs; list the keys of their ledgers
  seawall control collect               bring what is new of every machine's ledger here, and verify it
  seawall control complete his1         was all done there that the policy asks? By the ledger collected of it
  seawall control backup                look, collect, and store the copy where `control` in the policy says
  seawall control check                 is the newest good copy younger than its RPO?

The set holds the inventory, this checkout with its history, Python and Debian packages, and the SSH keys that the
inventory names. `seawall runbook` prints how a clean machine reads it; docs/site-drill.md explains it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ops.core import clock
from ops.core.errors import SeawallError
from ops.core.verdict import Finding, Verdict, worst
from ops.fleet import inventory
from ops.fleet.control_machine import host_facts
from ops.fleet.control_machine.contents import material
from ops.fleet.control_machine.identity import as_control_machine, demanded, folder, with_asset
from ops.fleet.ledgers import collect
from ops.fleet.secrets.unlocked import UnlockedSecrets
from ops.jobs.ledger import coverage
from ops.policy import HostPolicy

if TYPE_CHECKING:
    import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall control` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    look = commands.add_parser("look", help="ask every machine what rebuilding it needs")
    gather = commands.add_parser("collect", help="bring what is new of every machine's ledger here, and verify it")
    backup = commands.add_parser("backup", help="look, collect, and store the control machine's own copy")
    check = commands.add_parser("check", help="judge the age of the control machine's own copy")
    complete = commands.add_parser("complete", help="hold a collected ledger against the policy's calendars")
    complete.add_argument("host", help="the machine that it was collected of")
    coverage.arguments(complete)
    for command in (look, gather, complete, backup, check):
        inventory.add_option(command)
    vault_option(backup)


def vault_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that every command has that opens secrets."""
    parser.add_argument(
        "--vault-password-file",
        type=Path,
        default=os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE"),
        metavar="FILE",
        help="the file with the password that the secrets were sealed with",
    )


def execute(options: argparse.Namespace) -> int:
    """Look or back up; 0 when all that was asked is done."""
    read = inventory.read(options.inventory)
    if options.command == "collect":
        return _collect(read, options)
    if options.command == "complete":
        return collect.complete(read, options)
    own = demanded(read.policies())
    if options.command == "look":
        return _look(read, options)
    if options.command == "check":
        return _check(read, own, options)
    _look(read, options, aside=options.json)
    _say_collected(read, options)
    return _backed_up(read, own, options)


def _look(read: inventory.Inventory, options: argparse.Namespace, *, aside: bool = False) -> int:
    """Ask every machine and tell how it went; aside: on standard error, where JSON of something else is printed."""
    from ops.fleet.facts.machine import Machine
    from ops.fleet.ssh.ask import ask

    home = folder(read.path)
    home.mkdir(mode=0o700, exist_ok=True)
    found = host_facts.note(read.path, home, ask(read, Machine))
    _tell(found, plain=options.json and not aside, to=sys.stderr if aside else sys.stdout)
    return 0 if worst(one.verdict for one in found.values()) is Verdict.PASS else 1


def _collect(read: inventory.Inventory, options: argparse.Namespace) -> int:
    found = collect.collect(read)
    _tell(found, plain=options.json, to=sys.stdout)
    return worst(one.verdict for one in found.values()).exit_code


def _tell(found: Mapping[str, Finding], *, plain: bool, to: TextIO) -> None:
    if plain:
        print(json.dumps(host_facts.plain(found), ensure_ascii=False), file=to, flush=True)
        return
    lines = "".join(f"{one.verdict.value:<8} {host}: {one.message}\n" for host, one in found.items())
    print(lines, end="", file=to, flush=True)


def _check(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    """Judge what the last backup left, as a server judges its own; return the verdict's exit code."""
    from ops.health import backup_age
    from ops.interfaces.check import CheckContext
    from ops.jobs import settings

    assert own.control is not None  # noqa: S101 -- demanded
    with as_control_machine(read.path, own, {}):
        states = settings.states()
    wanted = backup_age.Options(own.host, own.control.rpo)
    try:
        found = list(backup_age.probe(wanted, CheckContext(clock.now(), states)))
    except SeawallError as error:
        found = [Finding(Verdict.UNKNOWN, error.message)]
    verdict = worst(one.verdict for one in found)
    if options.json:
        print(json.dumps({"verdict": verdict.value, "message": "; ".join(one.message for one in found)}))
    else:
        print("\n".join(f"{one.verdict.value:<8} {own.host}: {one.message}" for one in found))
    return verdict.exit_code


def _say_collected(read: inventory.Inventory, options: argparse.Namespace) -> None:
    """Collect the ledgers, so that the copy holds them; what is wrong with one is told, and is no reason to stop."""
    wrong = {host: one for host, one in collect.collect(read).items() if one.verdict is not Verdict.PASS}
    lines = "".join(f"{one.verdict.value:<8} {host}: ledger: {one.message}\n" for host, one in wrong.items())
    print(lines, end="", file=sys.stderr if options.json else sys.stdout, flush=True)


def _backed_up(read: inventory.Inventory, own: HostPolicy, options: argparse.Namespace) -> int:
    from ops.jobs import repository
    from ops.jobs.backup.job import work
    from ops.jobs.run.job import perform

    control = own.control
    assert control is not None  # noqa: S101 -- demanded
    opened = UnlockedSecrets(read, options.vault_password_file)
    with as_control_machine(read.path, own, opened.control(own)) as home:
        taken = material(read, control, home)
        policy = with_asset(own, control, tuple(map(str, taken.paths)), home)
        for line in taken.lacks:
            print(f"warn     {control.name}: {line}", flush=True)
        if repository.make(policy, control.repository, []):
            print(f"{control.repository}: made")
        outcome = perform(
            "backup",
            f"backup-{control.name}",
            control.name,
            policy.host,
            lambda: work(policy, control.name, policy.assets[control.name], ""),
        )
    print(json.dumps(dict(outcome.facts)) if options.json else f"{outcome.verdict.value}: {outcome.message}")
    return 0 if outcome.good else 1
