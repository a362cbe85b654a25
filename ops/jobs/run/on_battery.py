"""While a battery feeds: what can wait does not begin, and what runs is ended while there is time for a clean end.

The act itself asks the UPS server of its power group for its machine's signal, which needs no account; nothing lies
about that could be old. A server that is silent keeps nobody from a backup: on mains it may be switched off.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ops.core import nut
from ops.core.errors import Stopped, Unavailable

WAIT = frozenset({"backup", "copy", "collecting", "drill", "oldest", "recall"})  # acts that can wait
PERIOD = 10.0  # seconds between two looks
_BATTERY, _LASTS = "OB", "DISCHRG"


@contextmanager
def respected(kind: str, policy: Any) -> Iterator[None]:
    """Do the block only while mains feed this machine.

    policy: the plain data of this machine's policy. Raise Unavailable on battery, and Stopped within the block when a
    cut begins that is no moment's.
    """
    place = _place(policy) if kind in WAIT else None
    if place is None:
        yield
        return
    if _BATTERY in _status(*place):
        raise Unavailable("not begun: mains are gone, and what is left in the battery is for a clean shutdown")
    over, cut = threading.Event(), threading.Event()
    watch = threading.Thread(target=_watch, args=(place, over, cut), daemon=True)
    watch.start()
    try:
        yield
    except Stopped as stop:
        raise (
            Stopped("ended: mains are gone, and the machine may have to shut down") if cut.is_set() else stop
        ) from stop
    finally:
        over.set()


def _watch(place: tuple[str, int, str], over: threading.Event, cut: threading.Event) -> None:
    """End the act as the service manager would, once."""
    while not over.wait(PERIOD):
        if {_BATTERY, _LASTS} <= _status(*place):
            cut.set()
            if not over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)
            return


def _status(host: str, port: int, name: str) -> set[str]:
    """Return the words of this machine's signal; none where nobody tells."""
    try:
        return set(nut.variables(host, port, name).get("ups.status", "").split())
    except Unavailable:
        return set()


def _place(policy: Any) -> tuple[str, int, str] | None:
    """Return address and port of the group's UPS server, and the signal; None for a machine of no power group."""
    told = policy if isinstance(policy, Mapping) else {}
    host = told.get("host")
    for group in (told.get("power") or {}).values():
        if host in group["machines"]:
            conductor = group["conductor"]
            address = nut.LOOPBACK[0] if conductor == host else group["machines"][conductor]["address"]
            return str(address), int(group.get("server_port", 3493)), nut.signal_of(str(host))
    return None
