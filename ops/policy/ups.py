"""The UPS devices of a machine as NUT's files describe them: what NUT could not read is refused beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.errors import PolicyError, Problem
from ops.core.schema import collect
from ops.policy.role_files import File

FOLDER = "/etc/nut"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WORD = re.compile(r"[^\s\"'#=\\\x00-\x1f\x7f]+")  # what NUT reads as one word without quotes
_PHRASE = re.compile(r"[^\"\\\x00-\x1f\x7f]*")  # what stands between quotes


@dataclass(frozen=True)
class Options:
    """A device as the inventory describes it.

    driver: the NUT driver that speaks to it. port: where it is connected. description: for people.
    settings: what the driver wants beyond that. simulation: the variables that a simulated one shows.
    """

    driver: str
    port: str
    description: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    simulation: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = {"driver": self.driver, "port": self.port}
        words |= {f"settings.{name}": str(value) for name, value in self.settings.items()}
        wrong = [name for name, value in words.items() if not _WORD.fullmatch(value)]
        wrong += [f"settings.{name}" for name in self.settings if not _NAME.fullmatch(name)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: expected one word, without spaces, quotes, #, = and backslashes")
        if not _PHRASE.fullmatch(self.description):
            raise ValueError("description: expected one line without double quotes and backslashes")
        if self.simulation and "/" in self.port:
            raise ValueError(f"port: a simulated device reads a file of {FOLDER}; expected the file's name")
        shown = [text for pair in self.simulation.items() for text in map(str, pair)]
        if not all(_PHRASE.fullmatch(text) for text in shown):
            raise ValueError("simulation: expected values of one line each")


@dataclass(frozen=True)
class Device(Options):
    """A device with its name."""

    name: str = ""


def devices(described: Mapping[str, Any]) -> list[Device]:
    """Return the devices in order of their names; raise PolicyError with everything that NUT could not read."""
    problems: list[Problem] = []
    read: Mapping[str, Options] = collect(Mapping[str, Options], described, "ups_devices", problems) or {}
    if not described:
        problems.append(Problem("ups_devices", "expected at least one device"))
    problems += [
        Problem(
            f"ups_devices.{name}", f"{name!r} is not a valid name in NUT; expected letters, digits, `.`, `_` and `-`"
        )
        for name in read
        if not _NAME.fullmatch(name)
    ]
    if problems:
        raise PolicyError(problems)
    return [Device(**vars(one), name=name) for name, one in sorted(read.items())]


def simulation_files(known: Iterable[Mapping[str, Any]]) -> list[File]:
    """Return what simulated devices show; once there, the file is the tester's: batteries fail by editing it."""
    return [
        File(
            path=f"{FOLDER}/{device['port']}",
            template="etc/nut/device.dev.j2",
            variables={"simulation": device["simulation"]},
            group="nut",
            mode="0640",
            keep=True,
        )
        for device in known
        if device["simulation"]
    ]
