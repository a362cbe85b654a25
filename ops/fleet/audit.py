"""The host checks of tests/policy, run over an inventory: what is there, seen from outside.

They have code of their own for what is there. What they share with the rest is the policy, merged and typed by
`ops.policy`, the calendars of `ops.core`, and the SSH connections, whose options are handed to them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ops.core.errors import CommandError, Damaged, SeawallError, Unavailable
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.fleet import inventory
from ops.fleet.ssh import openssh

CHECKOUT = Path(__file__).resolve().parents[2]
TIMEOUT = 300.0
PASSED_OR_FAILED = (0, 1)
PYTEST: tuple[str | Path, ...] = (
    *(sys.executable, "-m", "pytest", "-c", CHECKOUT / "pyproject.toml", "--rootdir", CHECKOUT),
    *("-p", "no:cacheprovider", "-o", "junit_family=xunit1"),
)
OF_A_BOOTED_ONE = ("accounts", "database", "files", "secrets", "versions")
# What Ansible and ssh need of the environment to reach machines.
KEPT = re.compile(r"ANSIBLE_.*|SSH_AUTH_SOCK|SSH_AGENT_PID|USER|LOGNAME")
_WRAPPED = re.compile(r'^(failed on setup with ")?(\w*Error|Failed): ')  # how pytest reports a message
EVERY_MACHINE = "all"


@dataclass(frozen=True)
class Check:
    """One test of one thing on one machine: host, name in words, what it is about, verdict, why.

    subject: of which of the host checks it is, such as accounts.
    """

    host: str
    name: str
    about: str
    verdict: Verdict
    message: str
    subject: str = ""


def look(path: Path, booted: str | None = None) -> list[Check]:
    """Run the host checks on an inventory; raise SeawallError when they could not run.

    booted: an asset whose machine is looked at as its drill host keeps it booted, as far as that can be: timers,
    doors and UPS are out of its reach there.
    """
    tests = CHECKOUT / "tests" / "policy"
    if not tests.is_dir() or importlib.util.find_spec("testinfra") is None:
        raise Unavailable("this checkout has no host checks", "run this in the checkout, after `make setup`")
    with tempfile.TemporaryDirectory(prefix="seawall-verify-") as folder:
        report, ways = Path(folder, "report.xml"), Path(folder, "ways.json")
        ways.write_text(json.dumps(_ways(path)), encoding="utf-8")
        chosen = [tests / f"test_host_{name}.py" for name in OF_A_BOOTED_ONE] if booted else [tests]
        words = [*PYTEST, *chosen, *(["--booted", booted] if booted else []), "--inventory", path, "--ways", ways]
        try:
            run([*words, f"--junit-xml={report}"], timeout=TIMEOUT, ok=PASSED_OR_FAILED, env=_environment())
        except CommandError as error:
            raise SeawallError(f"the host checks could not run: {error.stderr.strip()[-800:]}") from error
        try:
            return list(read(report.read_text(encoding="utf-8")))
        except (OSError, ElementTree.ParseError) as error:
            raise Damaged(f"the host checks wrote no report: {error}") from error


def _ways(path: Path) -> dict[str, object]:
    """Return how each machine is reached, so that the host checks use the connections that all commands share."""
    read = inventory.read(path)
    ways: dict[str, object] = {}
    for host in read.variables:
        try:
            found = openssh.way(host, read.connection(host))
            ways[host] = {"address": found.address, "options": found.words(), "become": found.become}
        except SeawallError as error:
            ways[host] = {"trouble": error.message}
    return ways


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
            subject = case.get("classname", "").rpartition(".")[2].removeprefix("test_host_")
            yield Check(host, name.replace("_", " "), about, verdict, message, subject)


def _outcome(case: ElementTree.Element) -> tuple[Verdict | None, str]:
    for tag, verdict in (("error", Verdict.UNKNOWN), ("failure", Verdict.FAIL)):
        if (found := case.find(tag)) is not None:
            lines = found.get("message", "").strip().splitlines() or [""]
            return verdict, _WRAPPED.sub("", lines[0]).removesuffix('"')
    if case.find("skipped") is not None:
        return None, ""  # the inventory has nothing for it
    return Verdict.PASS, ""
