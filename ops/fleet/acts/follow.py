"""Begin acts on many machines and follow each to its end. The units run on whatever becomes of us: systemd has them.

Each act has a thread that waits for ssh; all acts of a machine share its control connection. What goes wrong with one
is its own outcome, and the others go on.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_host_op
from pyinfra.api.state import State
from pyinfra.context import ctx_host

from ops.core.verdict import Verdict
from ops.fleet.acts.choose import Act
from ops.fleet.facts.unit import MOST_MESSAGE, PROPERTIES, RUNNING, LastOutcome, Outcome, UnitState, understood
from ops.fleet.inventory import Inventory
from ops.fleet.ssh.ask import fetch, find_ways, reached
from ops.fleet.ssh.connector import TIMEOUT
from ops.fleet.ssh.operations import unit_started
from ops.fleet.ssh.text import in_brief, last_line

SILENCE = 60.0  # seconds after which a connection is lost on which a machine should say something each second
OVERTIME = 600  # seconds that a unit may take beyond its own limit, until systemd has ended it
# A line each second, empty when nothing changed: so the machine notices when nobody listens any more, and ends this.
FOLLOW = rf"""
last=
while :; do
  now=$(systemctl show --property={PROPERTIES} -- UNIT | tr '\n' ' ')
  if [ "$now" = "$last" ]; then echo; else echo "$now"; last=$now; fi || exit 1
  case " $now" in
    *" Job="[1-9]* | {" | ".join(f'*" ActiveState={state} "*' for state in sorted(RUNNING))}) sleep 1 ;;
    *) exit 0 ;;
  esac
done
"""


@dataclass(frozen=True)
class Ended:
    """How an act ended, as far as could be seen. seconds: for which it was followed."""

    verdict: Verdict
    message: str
    seconds: float


@dataclass
class Board:
    """Where all acts stand. tell: is told of each change, from several threads, one at a time.

    running: since when, by the monotonic clock. units: the acts whose units were seen running.
    """

    acts: Sequence[Act]
    tell: Callable[[Act, str], None]
    running: dict[Act, float] = field(default_factory=dict)
    units: set[Act] = field(default_factory=set)
    ended: dict[Act, Ended] = field(default_factory=dict)
    left: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, act: Act) -> None:
        """An act is about to begin."""
        with self.lock:
            self.running[act] = time.monotonic()

    def runs(self, act: Act, words: str) -> None:
        """The unit of an act runs now."""
        with self.lock:
            self.units.add(act)
        self.say(act, words)

    def say(self, act: Act, words: str) -> None:
        """Something changed with an act; nobody is told when nobody waits any more."""
        with self.lock:
            if not self.left:
                self.tell(act, words)

    def end(self, act: Act, verdict: Verdict, message: str) -> None:
        """An act has ended, or cannot be followed any more."""
        with self.lock:
            if self.left:
                return
            seconds, message = time.monotonic() - self.running.pop(act), in_brief(message, MOST_MESSAGE)
            self.ended[act] = Ended(verdict, message, seconds)
            self.tell(act, f"{verdict.value} after {seconds:.0f} s{f': {message}' if message else ''}")

    def leave(self) -> None:
        """Leave all as it is."""
        with self.lock:
            self.left = True

    @property
    def waiting(self) -> list[Act]:
        """The acts that were not begun."""
        return [act for act in self.acts if act not in self.running and act not in self.ended]


def follow(inventory: Inventory, board: Board, at_once: int, each_second: Callable[[], None]) -> None:
    """Begin all acts of a board, so many at once, and follow them to their ends; Ctrl-C leaves board and units as is.

    each_second: is called now and then while something runs.
    """
    ways, without = find_ways(inventory, dict.fromkeys(act.host for act in board.acts))
    for act in (act for act in board.acts if act.host in without):
        board.begin(act)
        board.end(act, Verdict.UNKNOWN, without[act.host].trouble)
    acts = {act.words: act for act in board.acts if act.host in ways}
    pool = ThreadPoolExecutor(at_once)
    with reached({name: ways[act.host] for name, act in acts.items()}) as state:
        for host in state.inventory:
            add_op(state, unit_started, f"{acts[host.name].unit}.service", host=host, _timeout=TIMEOUT)
        try:
            jobs: set[Future[None]] = {
                pool.submit(_do, state, host, acts[host.name], board) for host in state.inventory
            }
            while jobs:
                done, jobs = wait(jobs, timeout=1, return_when=FIRST_COMPLETED)
                for job in done:
                    job.result()
                each_second()
        except BaseException:
            board.leave()
            pool.shutdown(wait=False, cancel_futures=True)  # a person who leaves does not wait for a silent machine
            raise
    pool.shutdown()


def _do(state: State, host: Host, act: Act, board: Board) -> None:
    """Begin one act and follow it to its end."""
    board.begin(act)
    try:
        verdict, message = _followed(state, host, act, board)
    except PyinfraError as error:
        more = "; its unit may still be running" if act in board.units else ""
        verdict, message = Verdict.UNKNOWN, f"{error}{more}"
    board.end(act, verdict, message)


def _followed(state: State, host: Host, act: Act, board: Board) -> tuple[Verdict, str]:
    before = fetch(host, LastOutcome, {"state": act.state})
    started = _started(state, host)
    if not started.did_succeed():
        return Verdict.UNKNOWN, f"was not started: {last_line(started.stderr)}"
    board.runs(act, "started" if started.did_change() else "is running already, following it")
    seen = _seen(host, act, board)
    return judge(seen, before, fetch(host, LastOutcome, {"state": act.state}))


def _started(state: State, host: Host) -> Any:
    place = host.op_hash_order[-1]
    with ctx_host.use(host):
        run_host_op(state, host, place)
    return state.get_op_data_for_host(host, place).operation_meta


def _seen(host: Host, act: Act, board: Board) -> UnitState | None:
    """Follow a unit until it does not run any more; return how it stands then."""
    seen: list[UnitState] = []

    def told(line: str) -> None:
        shown = understood(line)
        if shown is None:
            return
        if shown.running and seen and shown.sub != seen[-1].sub:
            board.say(act, f"{shown.active}, {shown.sub}")
        seen[:] = [shown]

    words = StringCommand(FOLLOW.replace("UNIT", shlex.quote(f"{act.unit}.service")))
    host.connector.follow(words, told, silence=SILENCE, timeout=act.timeout + OVERTIME)  # type: ignore[attr-defined]
    return seen[-1] if seen and not seen[-1].running else None


def judge(seen: UnitState | None, before: Outcome | None, after: Outcome | None) -> tuple[Verdict, str]:
    """Return the verdict on a unit that has ended, by how systemd shows it and what it left before and now."""
    if seen is None:
        return Verdict.UNKNOWN, "systemd does not say how it ended"
    by_itself = seen.result in {"success", "exit-code"}
    if after is not None and after != before:
        if by_itself and seen.code and after.verdict is Verdict.PASS:  # a run before this one left it meanwhile
            return Verdict.FAIL, f"ended with code {seen.code}, although its outcome is a pass; its journal tells why"
        if by_itself:
            return after.verdict, after.message
        return Verdict.FAIL, f"was ended by systemd ({seen.result}): {after.message}"
    if seen.code or not by_itself:
        return Verdict.FAIL, f"ended with code {seen.code} ({seen.result}) and left no outcome; its journal tells why"
    return Verdict.UNKNOWN, "ended and left no outcome"
