"""Boot and use the lab: real Debian machines on this computer that act as a hospital's servers and backup hosts.

seawall lab up                     boot the machines that are not running; write the inventory
seawall lab status                 show the machines
seawall lab shell his1             open a shell on a machine
seawall lab run his1 COMMAND...    run a command on a machine
seawall lab down [--caches]        remove everything
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from typing import TYPE_CHECKING

from ops.lab.lab import Lab

if TYPE_CHECKING:
    import argparse

    from ops.lab.machine import Machine


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall lab` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    summaries = {
        "up": "boot the machines that are not running",
        "down": "remove machines, disks, network and keys",
        "status": "show the machines",
        "shell": "open a shell on a machine",
        "run": "run a command on a machine",
    }
    sub = {name: commands.add_parser(name, help=summary) for name, summary in summaries.items()}
    for command in sub.values():
        command.add_argument("--name", default="demo", help="name of the lab: demo (default), test, ...")
    sub["down"].add_argument("--caches", action="store_true", help="remove its caches, too")
    for name in ("shell", "run"):
        sub[name].add_argument("host", help="his1, lis1, backup1, drill1 or offsite1")
    sub["run"].add_argument("words", nargs="...", metavar="COMMAND", help="command with its options")


def execute(options: argparse.Namespace) -> int:
    """Do what was said about the lab."""
    lab = Lab(options.name)
    if options.command == "up":
        return _up(lab, as_json=options.json)
    if options.command == "down":
        lab.down(caches=options.caches)
        print(f"the lab {lab.name!r} is gone" + (", and its caches" if options.caches else ""))
        return 0
    if options.command == "status":
        return _status(lab, as_json=options.json)
    words = options.words if options.command == "run" else []
    return _ssh(lab.machine(options.host), shlex.join(words[1:] if words[:1] == ["--"] else words))


def _up(lab: Lab, *, as_json: bool) -> int:
    started = time.monotonic()
    machines = lab.up(lambda step: print(f"lab {lab.name}: {step}", file=sys.stderr, flush=True))
    if as_json:
        print(json.dumps(_document(lab, machines), indent=2))
        return 0
    for machine in machines:
        print(f"{machine.host:<10} {machine.address}")
    print(f"lab {lab.name!r} is up after {time.monotonic() - started:.1f} s; inventory: {lab.inventory}")
    return 0


def _status(lab: Lab, *, as_json: bool) -> int:
    machines = lab.machines()
    if as_json:
        print(json.dumps(_document(lab, machines), indent=2))
        return 0
    for machine in machines:
        print(f"{machine.host:<10} {machine.address:<15} {'up' if machine.running() else 'down'}")
    if not machines:
        print(f"the lab {lab.name!r} is not running; seawall lab up --name {lab.name}")
    return 0


def _document(lab: Lab, machines: list[Machine]) -> dict[str, object]:
    return {
        "name": lab.name,
        "layer": lab.layer,
        "inventory": str(lab.inventory),
        "vault_password_file": str(lab.vault_password),
        "key": str(lab.key),
        "known_hosts": str(lab.known_hosts),
        "machines": {
            machine.host: {
                "address": machine.address,
                "running": machine.running(),
                "disk": str(machine.place),
            }
            for machine in machines
        },
    }


def _ssh(machine: Machine, words: str) -> int:
    """Become ssh; its exit code is ours."""
    argv = machine.ssh_argv([] if words else ["-t"])
    os.execvp(argv[0], [*argv, words] if words else argv)  # noqa: S606 -- a shell for a person
