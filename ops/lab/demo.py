"""Set up the lab and show the whole main job: set-up, backup, copy, drill, health, host checks, report.

Each step says how long it took and what came of it; all it printed is kept in .lab/demo/log/. Safe to repeat:
what is there stays, and the second run is quick. `seawall lab down` removes everything again.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import SeawallError
from ops.core.run import stream
from ops.fleet import inventory
from ops.lab.lab import CHECKOUT, Lab
from ops.lab.steps import PROGRAMS, Named, Step, Steps

if TYPE_CHECKING:
    import argparse

    from ops.policy import HostPolicy
    from ops.policy.model import Drilled

GOOD = (0, 1)  # judging commands: pass and warn; a warning is shown, it does not stop the demo
AT_ONCE = 3  # assets that are backed up, copied and drilled side by side: one waits where another computes


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall demo` understands."""
    parser.add_argument("--name", default="demo", help="the lab it runs in (default: demo)")


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
    steps.side_by_side(_assets(policies), AT_ONCE)
    for name, work in _proofs(policies):
        steps.take(name, work)


def _assets(policies: dict[str, HostPolicy]) -> list[list[Named]]:
    """Return the steps of each asset, those of whole machines first, for they take the longest."""
    drills = {asset: (host, drilled) for host, policy in policies.items() for asset, drilled in policy.drills.items()}
    rows: dict[str, list[Named]] = {}
    for host, policy in policies.items():
        for asset, about in policy.assets.items():
            rows[asset] = [(f"back up {asset} on {host}", partial(_act, host, f"seawall backup {asset}"))]
            if about.copies:
                rows[asset].append((f"copy {asset} off-site", partial(_act, host, f"seawall copy {asset}")))
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
        return f"boot {asset} on {host} out of {copies[0].to}", partial(_act, host, command, ok=GOOD)
    return f"drill the restore of {asset} on {host}", partial(_act, host, f"seawall drill {asset}", ok=GOOD)


def _act(host: str, command: str, step: Step, ok: tuple[int, ...] = (0,)) -> str:
    return step.on(host, command, ok=ok)


def _proofs(policies: dict[str, HostPolicy]) -> Iterator[Named]:
    yield "look at every machine's health", partial(_everywhere, policies, "seawall health run")
    yield "compare every machine with the policy, from outside", _host_checks
    yield "verify every ledger", partial(_everywhere, policies, "seawall ledger verify")
    yield "write the report", _report
    drilled = sorted({asset for policy in policies.values() for asset in policy.drills})
    if drilled:
        yield f"write the record of the drill of {drilled[0]}, for signatures", partial(_record, drilled[0])


def _boot(step: Step) -> str:
    machines = step.lab.up(lambda what: print(f"       - {what}", flush=True))
    return ", ".join(f"{machine.host} {machine.address}" for machine in machines)


def _secrets(step: Step) -> str:
    return step.seawall("secrets", "make", step.lab.inventory, "--vault-password-file", step.lab.vault_password)


def _shipped(step: Step) -> str:
    step.seawall("package", "fetch")
    for release in ("bookworm", "trixie"):
        step.seawall("package", "tree", release, minutes=15)
    return "restic of Debian 13, bare trees of Debian 12 and 13 with their database servers"


def _everywhere(policies: dict[str, HostPolicy], command: str, step: Step) -> str:
    for host in policies:
        step.on(host, command, ok=GOOD)
    return f"{len(policies)} machines"


def _host_checks(step: Step) -> str:
    return step.seawall("verify", "-i", step.lab.inventory, minutes=10, ok=GOOD)


def _page(lab: Lab) -> Path:
    return lab.home / "report.html"


def _report(step: Step) -> str:
    step.seawall("report", "-i", step.lab.inventory, "--html", _page(step.lab))
    return str(_page(step.lab))


def _paper(lab: Lab) -> Path:
    return lab.home / "record.pdf"


def _record(asset: str, step: Step) -> str:
    step.seawall("control", "collect", "-i", step.lab.inventory)
    page = _paper(step.lab)
    return step.seawall("record", asset, "-i", step.lab.inventory, "--format", "pdf", "--output", page)


SETTING_UP: tuple[Named, ...] = (
    ("boot the lab", _boot),
    ("make the secrets that are still missing", _secrets),
    ("build the agent's package", lambda step: step.seawall("package", "build")),
    ("prepare what servers of another release need", _shipped),
    ("judge the policy", lambda step: step.seawall("policy", "check", step.lab.inventory)),
    ("make the machines what the policy says (playbooks/site.yml)", Step.ansible),
)


def _table(steps: Steps, seconds: float) -> None:
    """Say what was done, and how long it took."""
    print("\nstep                                                          seconds")
    for _, (name, took) in sorted(steps.done.items()):
        print(f"  {name:<60}{took:>6.1f}")
    print(f"  {'in all':<60}{seconds:>6.1f}")


def _fleet(lab: Lab) -> None:
    """Say how the fleet stands, as `seawall status` does, and where to go on."""
    argv: list[str | Path] = [PROGRAMS / "seawall", "status", "-i", lab.inventory]
    with stream(argv, timeout=60, ok=range(256), cwd=CHECKOUT) as shown:
        print("\n" + "\n".join(shown.lines()))
    print(f"\nreport: {_page(lab)}\nrecord: {_paper(lab)}\nremove it all again: make demo-down")
