"""Set up the lab and demonstrate everything: set-up, backup, copy, drill, health, host checks, report.

Each step shows how long it took and what came of it; its full output is in .lab/demo/log/. You can repeat it:
what exists is kept, and the second run is quick. `seawall lab down` removes everything again.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import SeawallError
from ops.core.run import stream
from ops.fleet import inventory
from ops.lab import alarm, carried
from ops.lab.lab import CHECKOUT, Lab
from ops.lab.steps import PROGRAMS, Named, Step, Steps
from ops.policy import access
from ops.reports import languages

if TYPE_CHECKING:
    import argparse

    from ops.policy import HostPolicy
    from ops.policy.model import Drilled

UNKNOWN = 3
GOOD = (0, 1)  # judging commands: pass and warn; a warning is shown, it does not stop the demo
ANSWER = re.compile(r": pass +(port \d+/.*)")  # what a booted machine was asked by HTTP, and what it said
AT_ONCE = 3  # assets that are backed up, copied and drilled side by side: one waits where another computes


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall demo` understands."""
    parser.add_argument("--name", default="demo", help="name of the lab (default: demo)")


def execute(options: argparse.Namespace) -> int:
    """Run the demo; 0 when every step passed."""
    started = time.monotonic()
    steps = Steps(Lab(options.name))
    for old in steps.log.glob("*.log"):
        old.unlink()
    try:
        _show(steps)
    except SeawallError as error:
        _table(steps, time.monotonic() - started)
        print(f"\nthe demo failed: {error}", file=sys.stderr)
        return 1
    _table(steps, time.monotonic() - started)
    _fleet(steps.lab)
    return 0


def _show(steps: Steps) -> None:
    """Take the steps in their order; what there is to back up, copy and drill, the policy says."""
    for name, work in SETTING_UP:
        steps.take(name, work)
    policies = inventory.read(steps.lab.inventory).policies()
    for name, work in carried.making(steps.lab, policies):
        steps.take(name, work)
    steps.side_by_side(_assets(policies), AT_ONCE)
    for name, work in (*carried.carrying(steps.lab, policies), *_proofs(policies)):
        steps.take(name, work)


def _assets(policies: dict[str, HostPolicy]) -> list[list[Named]]:
    """Return the steps of each asset, those of whole machines first, for they take the longest."""
    drills = {asset: (host, drilled) for host, policy in policies.items() for asset, drilled in policy.drills.items()}
    rows: dict[str, list[Named]] = {}
    for host, policy in policies.items():
        for asset, about in policy.assets.items():
            rows[asset] = [(f"back up {asset} on {host}", partial(_act, host, f"seawall backup {asset}"))]
            to = {copy.to for copy in about.copies.values() if not access.attended(policy.repositories[copy.to])}
            for place in sorted(to):
                command = f"seawall copy {asset} --to {place}"
                rows[asset].append((f"copy {asset} to {place}", partial(_act, host, command)))
            if asset in drills:
                rows[asset].append(_drill(asset, *drills[asset]))
    return [rows[asset] for asset in sorted(rows, key=lambda asset: not _is_machine(drills.get(asset)))]


def _is_machine(drill: tuple[str, Drilled] | None) -> bool:
    return drill is not None and drill[1].asset.drill is not None and drill[1].asset.drill.kind == "machine"


def _drill(asset: str, host: str, drilled: Drilled) -> Named:
    """Return the step that drills an asset; a machine is booted straight from the other site's repository."""
    copies = list(drilled.asset.copies.values())
    if _is_machine((host, drilled)) and copies:
        command = f"seawall drill {asset} --instant --from {copies[0].to}"
        return f"boot {asset} on {host} straight from {copies[0].to}", partial(_booted, host, command)
    return f"drill the restore of {asset} on {host}", partial(_act, host, f"seawall drill {asset}", ok=GOOD)


def _act(host: str, command: str, step: Step, ok: tuple[int, ...] = (0,)) -> str:
    return step.on(host, command, ok=ok)


def _booted(host: str, command: str, step: Step) -> str:
    """Boot a machine, and say beside the verdict what its own services answered by HTTP."""
    said = step.on(host, command, ok=GOOD)
    return "\n".join([said, *(f"{'':14}{answer}" for answer in ANSWER.findall(step.kept.read_text("utf-8")))])


def _proofs(policies: dict[str, HostPolicy]) -> Iterator[Named]:
    for host in (name for name, policy in policies.items() if policy.clients):
        yield f"read all that lies on {host} again", partial(_act, host, "seawall repository scrub", ok=GOOD)
        yield f"plan what is to leave {host}, and why the rest stays", partial(_planned, host)
    yield "check the health of every machine", partial(_everywhere, policies, "seawall health run")
    yield "audit every machine against the policy, from outside", _host_checks
    yield "verify every ledger", partial(_everywhere, policies, "seawall ledger verify")
    yield from alarm.steps(policies)
    yield f"write the report in {len(languages.known())} languages", _report
    drilled = sorted({asset for policy in policies.values() for asset in policy.drills})
    if drilled:
        yield f"write the record of the drill of {drilled[0]}", partial(_record, drilled[0])


def _planned(host: str, step: Step) -> str:
    """Plan; in a lab there are young sets alone, and a clock that nobody may set is a reason to let nothing go."""
    return step.on(host, "seawall retention plan", ok=(*GOOD, UNKNOWN))


def _boot(step: Step) -> str:
    machines = step.lab.up(lambda what: print(f"       - {what}", flush=True), layered=True)
    return ", ".join(f"{machine.host} {machine.address}" for machine in machines)


def _secrets(step: Step) -> str:
    return step.seawall("secrets", "make", step.lab.inventory, "--vault-password-file", step.lab.vault_password)


def _packages(step: Step) -> str:
    step.seawall("package", "build")
    step.seawall("package", "fetch")
    return "the agent, and restic from Debian 13"


def _trees(step: Step) -> str:
    for release in ("bookworm", "trixie"):
        step.seawall("package", "tree", release, minutes=15)
    return "bare trees of Debian 12 and 13 with their database servers"


def _everywhere(policies: dict[str, HostPolicy], command: str, step: Step) -> str:
    for host in policies:
        step.on(host, command, ok=GOOD)
    return f"{len(policies)} machines"


def _host_checks(step: Step) -> str:
    return step.seawall("verify", "-i", step.lab.inventory, minutes=10, ok=GOOD)


def _pages(lab: Lab) -> dict[str, Path]:
    """Return where the report lies in each language."""
    others = {language: lab.home / f"report.{language}.html" for language in languages.known()[1:]}
    return {languages.ENGLISH: lab.home / "report.html", **others}


def _report(step: Step) -> str:
    for language, page in _pages(step.lab).items():
        step.seawall("report", "-i", step.lab.inventory, "--html", page, "--language", language)
    return ", ".join(str(page) for page in _pages(step.lab).values())


def _paper(lab: Lab) -> Path:
    return lab.home / "record.pdf"


def _record(asset: str, step: Step) -> str:
    step.seawall("control", "collect", "-i", step.lab.inventory)
    page = _paper(step.lab)
    return step.seawall("record", asset, "-i", step.lab.inventory, "--format", "pdf", "--output", page)


SETTING_UP: tuple[Named, ...] = (
    ("build the packages that servers install", _packages),
    ("boot the lab", _boot),
    ("create the missing secrets", _secrets),
    ("build the root trees in which drills run", _trees),
    ("see which removable disk there is", carried.laid_out),
    ("check the policy", lambda step: step.seawall("policy", "check", step.lab.inventory)),
    ("apply the policy to the machines (playbooks/site.yml)", Step.ansible),
)


def _table(steps: Steps, seconds: float) -> None:
    """Say what was done, and how long it took."""
    print("\nstep                                                          seconds")
    for _, (name, took) in sorted(steps.done.items()):
        print(f"  {name:<60}{took:>6.1f}")
    print(f"  {'total':<60}{seconds:>6.1f}")


def _fleet(lab: Lab) -> None:
    """Say how the fleet stands, as `seawall status` does, and where to go on."""
    argv: list[str | Path] = [PROGRAMS / "seawall", "status", "-i", lab.inventory]
    with stream(argv, timeout=60, ok=range(256), cwd=CHECKOUT) as shown:
        print("\n" + "\n".join(shown.lines()))
    pages = "\n".join(f"report ({language}): {page}" for language, page in _pages(lab).items())
    print(f"\n{pages}\nrecord: {_paper(lab)}\nto remove everything: make demo-down")
