"""The newest results of the host checks, noted beside the inventory by `seawall verify`, with their own digest.

The digest stands in the same file: it tells a file that was damaged or edited by hand, not one that somebody made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged, SeawallError
from ops.core.files import write_atomically
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.fleet.audit import Check
from ops.fleet.conformity.facts import HostCheck, HostChecks
from ops.fleet.inventory import HOST_CHECKS

VERSION = 1
LIMITS = Limits(bytes=32 << 20, depth=8, entries=400_000, text=1 << 16)


@dataclass(frozen=True)
class _Noted:
    """What the file says. sha256: of `checks` and `when`, as `_digest` writes them."""

    when: str
    sha256: str
    checks: tuple[HostCheck, ...]


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / HOST_CHECKS


def note(inventory: Path, checks: Sequence[Check], when: datetime) -> None:
    """Note the results of all host checks of an inventory; raise SeawallError where they can't be written."""
    plain: list[Plain] = [{**asdict(check), "verdict": check.verdict.value} for check in checks]
    told = {"version": VERSION, "when": clock.iso(when), "sha256": _digest(clock.iso(when), plain), "checks": plain}
    path = place(inventory)
    try:
        write_atomically(path, json.dumps(told, ensure_ascii=False, sort_keys=True, indent=0) + "\n", 0o600)
    except OSError as error:
        raise SeawallError(f"the results can't be noted in {path}: {error.strerror}") from error


def noted(inventory: Path, at: datetime) -> HostChecks:
    """Return the newest results that were there at a moment, or why there are none to be believed."""
    path = place(inventory)
    if not path.exists():
        return HostChecks(trouble="no host checks were made")
    try:
        data = demand_version(parse(read_file(path, LIMITS.bytes, path.name), LIMITS, path.name), VERSION, path.name)
        found = decode(_Noted, data, path.name)
        when = clock.parse(found.when)
    except (Damaged, OSError, ValueError) as error:
        return HostChecks(trouble=f"the results of the host checks can't be read: {error}")
    if _digest(found.when, data["checks"]) != found.sha256:
        return HostChecks(trouble=f"the results of the host checks were changed after they were noted in {path.name}")
    if when > at:
        return HostChecks(trouble=f"the host checks were made later, on {found.when}")
    return HostChecks(when, found.sha256, found.checks)


def _digest(when: str, checks: Plain) -> str:
    text = json.dumps([when, checks], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def loud(checks: Sequence[HostCheck]) -> list[HostCheck]:
    """Return those that are not as wanted, the worst first."""
    return sorted((one for one in checks if one.verdict is not Verdict.PASS), key=lambda one: -one.verdict.severity)
