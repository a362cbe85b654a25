"""A failover, done: what is asked of the two machines, one after the other, over SSH."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.facts import FactBase

from ops.core.errors import SeawallError, Unavailable
from ops.core.printable import printable
from ops.fleet.failover.plan import Plan
from ops.fleet.inventory import Inventory
from ops.fleet.ssh.ask import Answer, ask, find_ways, reached
from ops.fleet.ssh.text import last_line
from ops.interfaces.standby import ClusterState, read

FENCE_SECONDS, PROMOTE_SECONDS = 3700, 900


class ShownState(FactBase[ClusterState | None]):
    """How a machine's cluster stands."""

    def command(self, standby: str) -> str:
        """Return the command. standby: its name in the policy."""
        return f"seawall standby show {shlex.quote(standby)} --json"

    def process(self, output: list[str]) -> ClusterState | None:
        """Return what was told; None where nothing was."""
        return read("\n".join(output).encode(), "its answer") if output else None


def look(inventory: Inventory, name: str, hosts: Mapping[str, str]) -> dict[str, Answer[ClusterState]]:
    """Ask both machines how their clusters stand; one that tells of another machine or standby has not answered."""
    arguments: dict[str, dict[str, Any]] = {host: {"standby": name} for host in hosts}
    found: dict[str, Answer[Any]] = ask(inventory, ShownState, arguments, hosts=list(hosts))
    for host, answer in found.items():
        seen = answer.fact
        if seen is not None and (seen.host, seen.name) != (host, name):
            found[host] = Answer(None, f"tells of {seen.name} of {seen.host}")
    return found


def carry_out(
    inventory: Inventory, name: str, plan: Plan, reason: str, tell: Callable[[str], None], *, accept_loss: bool
) -> ClusterState:
    """Fence the old primary, where it can be reached, then promote the standby; return how that stands.

    tell: is told of each step. Raise Unavailable where a step fails: those after it are not done, and doing all of it
    again goes on.
    """
    least = plan.least
    if plan.fences:
        tell(f"fencing {plan.old}")
        stopped = _do(inventory, plan.old, ["fence", name, "--reason", reason], FENCE_SECONDS)
        if stopped.running or not stopped.fenced:
            raise Unavailable(f"{plan.old} does not say that it is fenced; nothing was promoted")
        least = stopped.position if stopped.clean else None
        if least is None and not (plan.synchronous or accept_loss):
            raise Unavailable(
                f"{plan.old} was not shut down in order: what it acknowledged last may be lost",
                "--accept-loss, or bring it back: sudo seawall standby release, there",
            )
    tell(f"promoting {plan.new}")
    known = "--other-is-fenced" if plan.fences else "--other-is-off"
    more = [] if least is None or accept_loss else ["--least", str(least)]
    new = _do(inventory, plan.new, ["promote", name, "--reason", reason, known, *more], PROMOTE_SECONDS)
    if not new.primary:
        raise Unavailable(f"{plan.new} does not say that it is the primary", "seawall standby show, there")
    return new


def _do(inventory: Inventory, host: str, words: list[str], seconds: int) -> ClusterState:
    """Run `seawall standby` on a machine and return what it tells then; raise Unavailable."""
    ways, without = find_ways(inventory, [host])
    if host in without:
        raise Unavailable(f"{host}: {without[host].trouble}")
    command = StringCommand(shlex.join(["seawall", "standby", *words, "--json"]))
    with reached(ways) as state:
        (there,) = state.inventory
        try:
            there.connector.run_shell_command(command, print_output=False, print_input=False, _timeout=seconds)
            reply = there.connector.reply  # type: ignore[attr-defined]
        except PyinfraError as error:
            why = f"{host}: {printable(str(error))}; whether `{words[0]}` was done is not known"
            raise Unavailable(why, "the same command again goes on") from error
        if reply.code:
            raise Unavailable(f"{host}: {words[0]} failed: {_said(reply.errors or reply.output)}")
        try:
            return read(reply.output.encode(), f"the answer of {host}")
        except SeawallError as error:
            raise Unavailable(f"{host}: {error.message}") from error


def _said(errors: str) -> str:
    return printable(last_line(errors) or "it did not say why")
