"""The machines of a group as a conductor meets them: who answers, who is well, and how one is woken."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ops.core.errors import SeawallError
from ops.core.run import run
from ops.policy.power import PoweredMachine, PowerGroup
from ops.power.model import ASSUMED_STOP, Group, Machine

CONNECT_SECONDS = 2.0
WAKE_SECONDS = 20.0
WAKE_PORT = 9  # "discard", which Wake-on-LAN uses by custom; the card looks for its address alone
MOST_AT_ONCE = 16


def group(told: PowerGroup, stops: Mapping[str, Iterable[float]]) -> Group:
    """Return the group as the engine knows it. stops: seconds of shutdowns that were seen, by machine."""
    return Group(
        conductor=told.conductor,
        machines={
            name: _machine(name, one, max(stops.get(name, ()), default=None)) for name, one in told.machines.items()
        },
        hold=told.hold.seconds,
        margin=told.margin.seconds,
        steady=told.steady.seconds,
        back_above=told.back_above.value,
        patience=told.patience.seconds,
        believed=None if told.runtime is None else told.runtime.seconds,
    )


def _machine(name: str, told: PoweredMachine, seen: float | None) -> Machine:
    said = None if told.shutdown_time is None else float(told.shutdown_time.seconds)
    known = [seconds for seconds in (said, seen) if seconds is not None]
    return Machine(name, tuple(told.needs), max(known, default=ASSUMED_STOP), bool(known))


def alive(told: PowerGroup) -> frozenset[str]:
    """Return the machines that answer: by a connection, or by refusing one, which only a running kernel does."""
    return _of(told, lambda one: _answers(one.address, one.port, refused=True))


def well(told: PowerGroup) -> frozenset[str]:
    """Return the machines at which the port of their check takes a connection."""
    return _of(told, lambda one: _answers(one.address, one.well_port, refused=False))


def wake(told: PoweredMachine) -> str:
    """Wake a machine; return why that could not be tried, empty when it was."""
    try:
        if told.wake_command:
            run(list(told.wake_command), timeout=WAKE_SECONDS, most=1 << 16)
        elif told.wake:
            _send(magic_packet(told.wake))
        else:
            return "the policy says no way to wake it"
    except SeawallError as error:
        return error.message
    except OSError as error:
        return error.strerror or str(error)
    return ""


def magic_packet(address: str) -> bytes:
    """Return what wakes a network card: six bytes of ones, then its address sixteen times."""
    return b"\xff" * 6 + bytes.fromhex(address.replace(":", "")) * 16


def _send(packet: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sender.sendto(packet, ("255.255.255.255", WAKE_PORT))


def _of(told: PowerGroup, holds: Callable[[PoweredMachine], bool]) -> frozenset[str]:
    """Return the machines for which something holds, all asked at once; the conductor is here."""
    others = {name: one for name, one in told.machines.items() if name != told.conductor}
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        said = pool.map(holds, others.values())
        return frozenset({told.conductor, *(name for name, yes in zip(others, said, strict=True) if yes)})


def _answers(address: str, port: int, *, refused: bool) -> bool:
    try:
        with socket.create_connection((address, port), timeout=CONNECT_SECONDS):
            return True
    except ConnectionRefusedError:
        return refused
    except OSError:
        return False
