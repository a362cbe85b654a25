"""Audit every machine against the policy, from outside.

Runs the host checks in tests/policy: timers, accounts, files, versions, and the ports of the backup hosts, really tried
with the machines' own accounts. What is there is found by code that set nothing up. What is wanted comes from the same
policy, merged by the same code as elsewhere, and the machines are reached over the same SSH connections.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from ops.commands.control import _options
from ops.core import clock
from ops.core.printable import as_json, printable
from ops.core.verdict import Verdict, worst
from ops.fleet.audit import Check, look
from ops.fleet.conformity import host_results

VERSION = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    parser.add_argument("--booted", metavar="ASSET", help="audit the machine that `seawall drill ASSET --hold` holds")
    parser.epilog = (
        "examples:\n  seawall verify -i inventories/hospital\n"
        "  seawall verify --booted his1_server     audit the machine that a drill booted from its backup\n"
    )


def execute(options: argparse.Namespace) -> int:
    """Look at every machine, show what is not as wanted, and return the verdict's exit code."""
    begun = time.monotonic()
    read = _options.read_inventory(options)
    read.policies()  # says best what is wrong with them
    checks = look(read.path, options.booted)
    seconds = time.monotonic() - begun
    verdict = worst(check.verdict for check in checks)
    if not options.booted:
        host_results.note(read.path, checks, clock.now())  # `seawall conformity` reads them
    if options.json:
        print(as_json(_plain(checks, verdict, seconds)))
    else:
        print("\n".join(render(checks, verdict, seconds)))
    return verdict.exit_code


def render(checks: list[Check], verdict: Verdict, seconds: float) -> Iterator[str]:
    """Yield the lines that show some checks to a person: what is not as wanted under each machine."""
    for host, mine in _by_host(checks).items():
        passed = sum(check.verdict is Verdict.PASS for check in mine)
        yield f"{host:<16} {worst(check.verdict for check in mine):<8} {passed} of {len(mine)} as the policy requires"
        told = set()
        for check in mine:
            line = printable(f"  {check.verdict:<8} {check.name}: {check.message}")
            if check.verdict is not Verdict.PASS and (check.verdict, check.message) not in told:
                yield line
                told.add((check.verdict, check.message))
    hosts = len(_by_host(checks))
    yield f"{verdict}: {len(checks)} checks of {hosts} machines in {seconds:.1f} s"


def _by_host(checks: list[Check]) -> Mapping[str, list[Check]]:
    hosts = sorted({check.host for check in checks})
    return {host: [check for check in checks if check.host == host] for host in hosts}


def _plain(checks: list[Check], verdict: Verdict, seconds: float) -> dict[str, object]:
    machines = {
        host: {
            "verdict": worst(check.verdict for check in mine).value,
            "checks": [{key: value for key, value in asdict(check).items() if key != "host"} for check in mine],
        }
        for host, mine in _by_host(checks).items()
    }
    return {
        "version": VERSION,
        "time": clock.iso(clock.now()),
        "verdict": verdict.value,
        "seconds": round(seconds, 1),
        "machines": machines,
    }
