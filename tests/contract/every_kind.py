"""What the contract suites share: where kinds lie, how their options are made, and what a look may leave behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from ops.core import kinds, schema
from ops.core.verdict import Finding, Verdict
from ops.interfaces.channel import Channel
from ops.interfaces.check import Check
from ops.interfaces.discovery import Sort
from ops.interfaces.drill import Drill
from ops.interfaces.source import Source
from ops.interfaces.target import Target

E = TypeVar("E")
# The package of each sort of kind, and of which type its one constant is.
SORTS: dict[str, type] = {
    "ops.sources": Source,
    "ops.drills": Drill,
    "ops.targets": Target,
    "ops.gaps": Sort,
    "ops.health": Check,
    "ops.alarms.channels": Channel,
}
# A value for each option without a default, of any kind.
VALUES = {
    "export": "registry",
    "argv": ["/usr/bin/true"],
    "asset": "his",
    "calendar": "daily",
    "copy": "offsite",
    "bucket": "hospital",
    "disks": ["red", "blue"],
    "endpoint": "store.hospital.example",
    "repository": "disks",
    "every": "31d",
    "path": "/srv/his/his.sqlite",
    "paths": ["/srv/his/documents"],
    "rpo": "26h",
    "standby": "his",
    "sender": "seawall@hospital.example",
    "server": "mail.hospital.example",
    "url": "https://alarms.hospital.example/seawall",
}
# For kinds whose options may not all be left out together, though each has a default.
TOGETHER = {"postgresql": {"database": "his"}, "mariadb": {"database": "lab"}}


def every(package: str) -> list[str]:
    """Return the kinds of a package; a newcomer is found like all others."""
    return kinds.kinds(package)


def example(table: Mapping[str, E], kind: str, name: str) -> E:
    """Return a kind's entry of a suite's table; a kind without one fails, and is told what to add."""
    if kind not in table:
        pytest.fail(
            f"the kind {kind} is new to this suite: add an entry {kind!r} to the table {name}; "
            "docs/add-a-kind.md shows one"
        )
    return table[kind]


def required(kind: str, options: type) -> dict[str, Any]:
    """Return what a policy must say for a kind, and no more."""
    needed = [
        field.name
        for field in dataclasses.fields(options)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing := [name for name in needed if name not in VALUES]:
        pytest.fail(f"{kind}: {', '.join(missing)} has no default: give it one, or add a value to VALUES in {__file__}")
    return {name: VALUES[name] for name in needed} | TOGETHER.get(kind, {})


def decoded(kind: str, options: type, **given: Any) -> Any:
    """Return a kind's options as a policy would give them, the required ones by themselves."""
    return schema.decode(options, {**required(kind, options), **given}, "options")


def passes(findings: Iterable[Finding]) -> bool:
    """Say whether all that was looked at is good, and anything was."""
    verdicts = [finding.verdict for finding in findings if finding.configured]
    return bool(verdicts) and set(verdicts) == {Verdict.PASS}


@contextmanager
def nothing_left(scratch: Path) -> Iterator[None]:
    """Demand that a block leaves no process, no mount, and nothing but empty folders where it may write."""
    before = _children()
    yield
    assert _children() == before, "programs were started, or ended, and not waited for"
    assert _mounts(scratch) == [], "what was mounted must be let go when the block ends"
    left = [str(path) for path in scratch.rglob("*") if not path.is_dir()]
    assert left == [], "the kind itself removes what it wrote into its scratch folder when the block ends"


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True) if child.status() != "zombie"}


def _mounts(scratch: Path) -> list[str]:
    """Return what is mounted below a folder; elsewhere others may be at work."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return [line for line in mounts if Path(line.split()[4]).is_relative_to(scratch)]
