"""Look from outside whether every machine is as the policy wants it.

Runs the host checks of tests/policy, which share no code with what set the machines up: timers, accounts, files,
versions, and the doors of the backup hosts, tried for real with the machines' own accounts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ops.core import clock
from ops.core.errors import CommandError, Damaged, SeawallError, Unavailable
from ops.core.run import run
from ops.core.verdict import Verdict, worst
from ops.fleet import inventory

if TYPE_CHECKING:
    import argparse

VERSION = 1
CHECKOUT = Path(__file__).resolve().parents[2]
TIMEOUT = 300.0
PASSED_OR_FAILED = (0, 1)
OF_A_BOOTED_ONE = ("accounts", "database", "files", "secrets", "versions")
# What Ansible and ssh need of the environment to reach machines.
KEPT = re.compile(r"ANSIBLE_.*|SSH_AUTH_SOCK|SSH_AGENT_PID|USER|LOGNAME")
_WRAPPED = re.compile(r'^(failed on setup with ")?(\w*Error|Failed): ')  # how pytest reports a message
EVERY_MACHINE = "all"


@dataclass(frozen=True)
class Check:
    """One test of one thing on one machine: host, name in words, what it is about, verdict, why."""

    host: str
    name: str
    about: str
    verdict: Verdict
    message: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    inventory.add_option(parser)
    parser.add_argument("--booted", metavar="ASSET", help="a machine that `seawall drill ASSET --keep` keeps booted")
    parser.epilog = (
        "examples:\n  seawall verify -i inventories/hospital\n"
        "  seawall verify --booted his1_server     is what was booted from its backup as the policy wants it?\n"
    )


def execute(options: argparse.Namespace) -> int:
    """Look at every machine, show what is not as wanted, and return the verdict's exit code."""
    path = options.inventory or inventory.default()
    begun = time.monotonic()
    inventory.read(path).policies()  # says best what is wrong with them
    checks = look(path, options.booted)
    seconds = time.monotonic() - begun
    verdict = worst(check.verdict for check in checks)
    if options.json:
        print(json.dumps(_plain(checks, verdict, seconds), ensure_ascii=False))
    else:
        print("\n".join(render(checks, verdict, seconds)))
    return verdict.exit_code


def look(path: Path, booted: str | None = None) -> list[Check]:
    """Run the host checks on an inventory; raise SeawallError when they could not run.

    booted: an asset whose machine is looked at as its drill host keeps it booted, as far as that can be: timers,
    doors and UPS are out of its reach there.
    """
    tests = CHECKOUT / "tests" / "policy"
    if not tests.is_dir() or importlib.util.find_spec("testinfra") is None:
        raise Unavailable("the host checks are not here", "run this in the checkout, after `make setup`")
    with tempfile.TemporaryDirectory(prefix="seawall-verify-") as folder:
        report = Path(folder, "report.xml")
        words: list[str | Path] = [
            sys.executable,
            "-m",
            "pytest",
            "-c",
            CHECKOUT / "pyproject.toml",
            "--rootdir",
            CHECKOUT,
            *([tests / f"test_host_{name}.py" for name in OF_A_BOOTED_ONE] if booted else [tests]),
            *(["--booted", booted] if booted else []),
        ]
        words += ["--inventory", path, "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junit-xml={report}"]
        try:
            run(words, timeout=TIMEOUT, ok=PASSED_OR_FAILED, env=_environment())
        except CommandError as error:
            raise SeawallError(f"the host checks could not run: {error.stderr.strip()[-800:]}") from error
        try:
            return list(read(report.read_text(encoding="utf-8")))
        except (OSError, ElementTree.ParseError) as error:
            raise Damaged(f"the host checks left no report: {error}") from error


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}


def read(report: str) -> Iterator[Check]:
    """Given pytest's JUnit report, yield every check; an error in a test's set-up is something not looked at."""
    for case in ElementTree.fromstring(report).iter("testcase"):  # noqa: S314 -- our own pytest wrote it
        said = {entry.get("name"): entry.get("value", "") for entry in case.iter("property")}
        name, _, _ = case.get("name", "").removeprefix("test_").partition("[")
        verdict, message = _outcome(case)
        if verdict is not None:
            host = said.get("host", EVERY_MACHINE)
            about = said.get("about", "").removeprefix(f"{host} ").removeprefix(host)
            yield Check(host, name.replace("_", " "), about, verdict, message)


def _outcome(case: ElementTree.Element) -> tuple[Verdict | None, str]:
    for tag, verdict in (("error", Verdict.UNKNOWN), ("failure", Verdict.FAIL)):
        if (found := case.find(tag)) is not None:
            lines = found.get("message", "").strip().splitlines() or [""]
            return verdict, _WRAPPED.sub("", lines[0]).removesuffix('"')
    if case.find("skipped") is not None:
        return None, ""  # the inventory has nothing for it
    return Verdict.PASS, ""


def render(checks: list[Check], verdict: Verdict, seconds: float) -> Iterator[str]:
    """Yield the lines that show some checks to a person: what is not as wanted under each machine."""
    for host, mine in _by_host(checks).items():
        passed = sum(check.verdict is Verdict.PASS for check in mine)
        yield f"{host:<16} {worst(check.verdict for check in mine):<8} {passed} of {len(mine)} as the policy wants"
        told = set()
        for check in mine:
            line = f"  {check.verdict:<8} {check.name}: {check.message}"
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
