"""How a systemd unit stands, and how the act that it does ended last."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from pyinfra.api.facts import FactBase

from ops.core.document import parse
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.fleet.ssh.text import in_brief
from ops.interfaces.state import LIMITS

PROPERTIES = "LoadState,ActiveState,SubState,Job,Result,ExecMainStatus"
RUNNING = {"activating", "active", "reloading", "deactivating"}
STATES = "/var/lib/seawall/state"  # below SEAWALL_ROOT, as everything of a machine, which only tests set
MOST_MESSAGE = 2_000  # characters


@dataclass(frozen=True)
class UnitState:
    """A unit as systemd shows it. job: whether it is about to start. code: its program's exit code, if it ended."""

    loaded: str
    active: str
    sub: str
    job: bool
    result: str
    code: int

    @property
    def running(self) -> bool:
        """Whether it runs or is about to."""
        return self.job or self.active in RUNNING


@dataclass(frozen=True)
class Outcome:
    """How an act ended that left a state. started, finished: as the machine wrote them, only to be compared."""

    verdict: Verdict
    message: str
    started: str
    finished: str


def understood(words: str) -> UnitState | None:
    """Given `NAME=VALUE` words of one unit, return how it stands, or nothing when they don't say."""
    shown = dict(word.split("=", 1) for word in words.split() if "=" in word)
    try:
        return UnitState(
            loaded=in_brief(shown["LoadState"]),
            active=in_brief(shown["ActiveState"]),
            sub=in_brief(shown.get("SubState", "")),
            job=shown.get("Job", "0") not in {"", "0"},
            result=in_brief(shown.get("Result", "")),
            code=int(shown.get("ExecMainStatus") or 0),
        )
    except (KeyError, ValueError):
        return None


class Unit(FactBase[UnitState | None]):
    """How a unit stands."""

    def command(self, unit: str) -> str:
        """Return the command. unit: its name with its suffix."""
        return f"systemctl show --property={PROPERTIES} -- {shlex.quote(unit)}"

    def process(self, output: list[str]) -> UnitState | None:
        """Return how it stands, or nothing."""
        return understood(" ".join(output))


class LastOutcome(FactBase[Outcome | None]):
    """How an act ended last, as its state says."""

    def command(self, state: str) -> str:
        """Return the command. state: the state's name, such as `backup-his`."""
        path = f'"$SEAWALL_ROOT"{shlex.quote(f"{STATES}/{state}.json")}'
        return f"dd if={path} iflag=nofollow,nonblock bs=1M status=none"  # the folder is not root's

    def process(self, output: list[str]) -> Outcome | None:
        """Return it, or nothing where the state is not one."""
        try:
            told: Any = parse("\n".join(output).encode("utf-8", "replace"), LIMITS, "its state")
            message = told.get("message") or _worst(told.get("checks", []))
            started = told.get("started") or told["finished"]  # a look at the health is one moment
            return Outcome(
                Verdict(told["verdict"]),
                in_brief(str(message), MOST_MESSAGE),
                in_brief(str(started)),
                in_brief(str(told["finished"])),
            )
        except (Damaged, ValueError, KeyError, TypeError, AttributeError):
            return None


def _worst(checks: list[dict[str, str]]) -> str:
    """Return in words what a look at the health found: what is not well, else how much was looked at."""
    loud = [f"{check['name']}: {check['message']}" for check in checks if check["verdict"] != Verdict.PASS]
    return "; ".join(loud) or f"{len(checks)} checks pass"
