"""What the control machine has its machines do, as operations of pyinfra."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra.api.command import QuoteString, StringCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from ops.fleet.facts.unit import Unit


@operation()
def unit_started(unit: str) -> Generator[StringCommand, None, None]:
    """Start a systemd unit without waiting for its end; one that runs already is left alone."""
    shown = host.get_fact(Unit, unit=unit, _success_exit_codes=list(range(255)))
    if shown and shown.running:
        host.noop(f"{unit} runs already")
    else:
        yield StringCommand("systemctl", "start", "--no-block", "--", QuoteString(unit))
