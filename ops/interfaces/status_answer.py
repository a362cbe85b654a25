"""What `seawall status --json` of a machine tells the control machine: how that machine stands.

The machine may be broken into, or of another release: so its answer is read here, within limits, and nowhere else.
Nothing in it can reach a terminal as anything but text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import Digest, HostName, Name
from ops.core.printable import all_printable
from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict
from ops.interfaces.state import CheckResult, State, state_of, written

VERSION = 1
LIMITS = Limits(bytes=4 << 20, depth=20, entries=100_000, text=1 << 20)


@dataclass(frozen=True, kw_only=True)
class AssetAnswer:
    """An asset: what the policy says of it, and how its backup, the archiving of its log and its copies ended."""

    owner: str
    summary: str
    rpo_seconds: int
    rto_seconds: int
    backup: State | None = None
    copies: Mapping[str, State | None] = field(default_factory=dict)
    log: State | None = None


@dataclass(frozen=True, kw_only=True)
class DrillAnswer:
    """An asset that this machine drills. host: whose it is; every_seconds: how often it is to be drilled."""

    host: str
    every_seconds: int | None = None
    state: State | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerEnd:
    """Where a machine's ledger ends, as its signed head says. key: the public key that signs it; empty: not known."""

    lines: int
    head: Digest
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Attested:
    """The newest attestation of a duty in a machine's ledger. when: it was recorded; n: the number of the record.

    overtaken: the earlier time of a later record, so that it does not count; empty where it counts.
    """

    when: str
    by: str
    n: int
    overtaken: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusAnswer:
    """How a machine stands.

    health_time: when its last whole round of checks was; None where there was none. duties: the newest attestation of
    each duty of which its ledger has one; None where it did not say. keys: with which key it opens each of its
    repositories. arrivals: what a backup host saw in the repositories that it keeps, with the first foreign files only.
    """

    host: str
    time: str
    seawall: str
    policy_digest: str
    verdict: Verdict
    checks: tuple[CheckResult, ...]
    assets: Mapping[str, AssetAnswer] = field(default_factory=dict)
    drills: Mapping[str, DrillAnswer] = field(default_factory=dict)
    health_time: str | None = None
    gaps: State | None = None
    ledger: LedgerEnd | None = None
    duties: Mapping[str, Attested] | None = None
    keys: Mapping[str, Digest] = field(default_factory=dict)
    arrivals: State | None = None

    def written(self) -> dict[str, Plain]:
        """Return it as it is sent."""
        return {
            "version": VERSION,
            "host": self.host,
            "time": self.time,
            "seawall": self.seawall,
            "policy_digest": self.policy_digest,
            "verdict": self.verdict.value,
            "assets": {name: _asset(asset) for name, asset in self.assets.items()},
            "drills": {
                name: {"host": drill.host, "every_seconds": drill.every_seconds, "state": _state(drill.state)}
                for name, drill in self.drills.items()
            },
            "checks": [encode(check) for check in self.checks],
            "health_time": self.health_time,
            "gaps": _state(self.gaps),
            "ledger": _ledger(self.ledger),
            **({} if self.duties is None else {"duties": encode(self.duties)}),
            **({"keys": encode(self.keys)} if self.keys else {}),
            **({"arrivals": written(self.arrivals)} if self.arrivals else {}),
        }


def _asset(asset: AssetAnswer) -> dict[str, Plain]:
    return {
        "owner": asset.owner,
        "summary": asset.summary,
        "rpo_seconds": asset.rpo_seconds,
        "rto_seconds": asset.rto_seconds,
        "backup": _state(asset.backup),
        "copies": {name: _state(state) for name, state in asset.copies.items()},
        **({"log": written(asset.log)} if asset.log else {}),
    }


def _state(state: State | None) -> Plain:
    return written(state) if state else None


def _ledger(end: LedgerEnd | None) -> Plain:
    return {"lines": end.lines, "head": end.head, **({"key": end.key} if end.key else {})} if end else None


@dataclass(frozen=True, kw_only=True)
class _Asset:
    owner: str
    summary: str
    rpo_seconds: int
    rto_seconds: int
    backup: Any = None
    copies: Mapping[Name, Any] = field(default_factory=dict)
    log: Any = None


@dataclass(frozen=True, kw_only=True)
class _Drill:
    host: HostName
    every_seconds: int | None = None
    state: Any = None


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """An answer whose states are not read yet."""

    host: HostName
    time: str
    seawall: str
    policy_digest: str
    verdict: Verdict
    checks: tuple[CheckResult, ...]
    assets: Mapping[Name, _Asset] = field(default_factory=dict)
    drills: Mapping[Name, _Drill] = field(default_factory=dict)
    health_time: str | None = None
    gaps: Any = None
    ledger: LedgerEnd | None = None
    duties: Mapping[Name, Attested] | None = None
    keys: Mapping[Name, Digest] = field(default_factory=dict)
    arrivals: Any = None


def read(content: bytes, file: str) -> StatusAnswer:
    """Return the status that a machine told; raise Damaged with file, path of the key and what was expected.

    A later version is refused by its number; in every text a mark stands for each control character.
    """
    told = decode(_Answer, demand_version(all_printable(parse(content, LIMITS, file)), VERSION, file), file)
    return StatusAnswer(
        host=told.host,
        time=told.time,
        seawall=told.seawall,
        policy_digest=told.policy_digest,
        verdict=told.verdict,
        checks=told.checks,
        assets={name: _read_asset(asset, f"{file}: assets.{name}") for name, asset in told.assets.items()},
        drills={
            name: DrillAnswer(
                host=drill.host,
                every_seconds=drill.every_seconds,
                state=_read_state(drill.state, f"{file}: drills.{name}.state"),
            )
            for name, drill in told.drills.items()
        },
        health_time=told.health_time,
        gaps=_read_state(told.gaps, f"{file}: gaps"),
        ledger=told.ledger,
        duties=None if told.duties is None else {str(name): attested for name, attested in told.duties.items()},
        keys={str(name): key for name, key in told.keys.items()},
        arrivals=_read_state(told.arrivals, f"{file}: arrivals"),
    )


def _read_asset(asset: _Asset, place: str) -> AssetAnswer:
    return AssetAnswer(
        owner=asset.owner,
        summary=asset.summary,
        rpo_seconds=asset.rpo_seconds,
        rto_seconds=asset.rto_seconds,
        backup=_read_state(asset.backup, f"{place}.backup"),
        copies={name: _read_state(state, f"{place}.copies.{name}") for name, state in asset.copies.items()},
        log=_read_state(asset.log, f"{place}.log"),
    )


def _read_state(told: Plain, place: str) -> State | None:
    return None if told is None else state_of(told, place)
