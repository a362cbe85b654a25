"""A machine with a policy, whose rounds of checks see what a test says, at the moments that it says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops import cli
from ops.core import clock
from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger
from ops.jobs.alarms import job

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
CHECKS = {"root_disk": "disk", "database": "units", "power": "ups"}


def policy_of(channels: dict[str, Any], **more: Any) -> dict[str, Any]:
    contacts = {
        "anna": {"name": "Anna", "phone": "100", "mail": "anna@hospital.example", "deputy": "ben"},
        "ben": {"name": "Ben", "phone": "101", "mail": "ben@hospital.example"},
        "vendor": {"name": "Their hotline", "phone": "+420 555 0199"},
    }
    checks = {"root_disk": {"kind": "disk"}, "database": {"kind": "units"}, "power": {"kind": "ups"}}
    alarms = {"on_call": [{"who": "anna"}], "channels": channels, **more}
    site = {"name": "Test hospital", "timezone": "Europe/Prague"}
    return {"version": 1, "host": "his1", "site": site, "contacts": contacts, "checks": checks, "alarms": alarms}


@dataclass
class Machine:
    """A machine in a folder. now: its clock, and what runs on beside it."""

    root: Path
    patch: pytest.MonkeyPatch
    now: datetime = NOON
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patch.setenv("SEAWALL_ROOT", str(self.root))
        self.patch.setattr(clock, "now", lambda: self.now)
        self.patch.setattr(job, "_running", self._running)
        for folder in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall/account"):
            (self.root / folder).mkdir(parents=True)
        self.seen = dict.fromkeys(CHECKS, ("pass", "it is well"))

    def _running(self) -> float:
        return self.now.timestamp()

    def obeys(self, policy: dict[str, Any]) -> None:
        (self.root / "etc/seawall/policy.json").write_text(json.dumps(policy))

    def secret(self, channel: str, text: str) -> None:
        (self.root / f"etc/seawall/credentials/channel-{channel}.secret").write_text(f"{text}\n")

    def begins_ledger(self) -> None:
        key = self.root / "etc/seawall/credentials/ledger.key"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
        Ledger(self.root / "var/lib/seawall/ledger", key).append({"host": "his1", "act": "backup", "subject": "his"})

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.root / "var/lib/seawall/ledger" / NAME).read_text().splitlines()]

    @property
    def store(self) -> Path:
        return self.root / "var/lib/seawall/state/alarms.sqlite"

    def round(self) -> None:
        """Write down what a round of checks saw."""
        entries = [
            {"name": name, "kind": CHECKS[name], "verdict": verdict, "message": message}
            for name, (verdict, message) in self.seen.items()
        ]
        state = {"version": 1, "kind": "health", "verdict": "pass", "finished": clock.iso(self.now), "checks": entries}
        (self.root / "var/lib/seawall/state/health.json").write_text(json.dumps(state))

    def passes(self, minutes: int, *, rounds: bool = True) -> set[int]:
        """Let minutes pass, with a round every five and a look each; return the exit codes of the looks."""
        codes = set()
        for _ in range(minutes):
            if rounds and self.now.minute % 5 == 0:
                self.round()
            codes.add(self.looks())
            self.now += timedelta(minutes=1)
        return codes

    def looks(self, *words: str) -> int:
        return cli.run(["alarms", "run", *words])

    def breaks(self, check: str, message: str = "it is broken", verdict: str = "fail") -> None:
        self.seen[check] = (verdict, message)

    def heals(self, check: str) -> None:
        self.seen[check] = ("pass", "it is well")
