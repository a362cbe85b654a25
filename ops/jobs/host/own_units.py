"""Seawall's own units, as systemd has them now: what was masked, stopped or removed by hand starts nothing any more.

No timer can tell that of itself, so it is looked at by whoever asks how the machine stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ops.core.errors import CommandError
from ops.core.run import run
from ops.core.verdict import Finding, Verdict, worst
from ops.jobs.host import folders
from ops.policy import HostPolicy
from ops.policy.units import units

NAME = "seawall-timers"  # no check of a policy can be called so
KIND = "units"
TIMEOUT = 10.0
NAMED = 5  # units named in one message
PROPERTIES = "Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload"
AGAIN = "run playbooks/site.yml for this machine"
_LOADED = {
    "masked": "is masked",
    "not-found": "is not there",
    "bad-setting": "can't be read by systemd",
    "error": "can't be read by systemd",
}


def look(policy: HostPolicy) -> Finding | None:
    """Return how the units of a policy stand; None where no systemd runs: then nothing starts, and health is stale."""
    if not folders.booted().is_dir():
        return None
    names = [
        f"{unit.name}.{suffix}"
        for unit in units(policy)
        for suffix in (("timer", "service") if unit.calendar else ("service",))
    ]
    try:
        shown = run(["systemctl", "--no-pager", "show", f"--property={PROPERTIES}", "--", *names], timeout=TIMEOUT)
    except CommandError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["no message"]
        return Finding(Verdict.UNKNOWN, f"systemd does not answer: {last[0]}")
    return judged(names, shown.stdout)


def judged(names: Sequence[str], shown: str) -> Finding:
    """Given the names of timers and services, and what `systemctl show` says of them, return how they stand."""
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in shown.split("\n\n")]
    known = {block["Id"]: block for block in blocks if "Id" in block}
    bad = [finding for name in names for finding in _wrong(name, known.get(name))]
    if not bad:
        count = sum(name.endswith(".timer") for name in names)
        return Finding(Verdict.PASS, f"{count} {'timer waits' if count == 1 else 'timers wait'}")
    told = [finding.message for finding in sorted(bad, key=lambda finding: -finding.verdict.severity)]
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return Finding(worst(finding.verdict for finding in bad), f"{', '.join(told[:NAMED])}{more}: {AGAIN}")


def _wrong(name: str, facts: Mapping[str, str] | None) -> Iterator[Finding]:
    """Yield what is wrong with one unit, the worst of it alone."""
    if facts is None:
        yield Finding(Verdict.UNKNOWN, f"systemd reports nothing about {name}")
    elif words := _LOADED.get(facts.get("LoadState", "")):
        yield Finding(Verdict.FAIL, f"{name} {words}")
    elif name.endswith(".timer") and facts.get("ActiveState") not in {"active", "reloading"}:
        yield Finding(Verdict.FAIL, f"{name} is {facts.get('ActiveState') or 'in no known state'}")
    elif name.endswith(".timer") and facts.get("SubState") == "elapsed":
        yield Finding(Verdict.FAIL, f"{name} will never elapse again")
    elif facts.get("NeedDaemonReload") == "yes":
        yield Finding(Verdict.WARN, f"the file of {name} was changed or removed by hand")
    elif name.endswith(".timer") and facts.get("UnitFileState") not in {"enabled", "enabled-runtime"}:
        yield Finding(Verdict.WARN, f"{name} is {facts.get('UnitFileState') or 'not enabled'}")
