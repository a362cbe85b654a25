"""The control machine's own copy: gathered, stored like an asset of a server, and judged by its age."""

from __future__ import annotations

from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.verdict import Finding
from ops.fleet import inventory
from ops.fleet.control_machine import host_facts
from ops.fleet.control_machine.contents import material
from ops.fleet.control_machine.identity import as_control_machine, folder, with_asset
from ops.fleet.secrets.unlocked import UnlockedSecrets
from ops.health import backup_age
from ops.interfaces import joined
from ops.interfaces.check import CheckContext
from ops.jobs import repository
from ops.jobs.backup.job import work
from ops.jobs.health.findings import kept
from ops.jobs.host import state_files
from ops.jobs.run.job import Ended, perform
from ops.policy import HostPolicy


def look(read: inventory.Inventory) -> dict[str, Finding]:
    """Ask every machine what rebuilding it needs, keep the answers, and return how it went with each."""
    from ops.fleet.facts.machine import Machine
    from ops.fleet.ssh.ask import ask

    home = folder(read.path)
    home.mkdir(mode=0o700, exist_ok=True)
    return host_facts.note(read.path, home, ask(read, Machine))


def judged_age(read: inventory.Inventory, own: HostPolicy) -> list[Finding]:
    """Judge what the last backup left, as a server judges its own."""
    assert own.control is not None  # noqa: S101 -- demanded
    with as_control_machine(read.path, own, {}):
        states = state_files.read_all()
    wanted = backup_age.Options(own.host, own.control.rpo)
    return list(kept(backup_age.probe(wanted, CheckContext(clock.now(), states))))


def back_up(read: inventory.Inventory, own: HostPolicy, password: Path | None) -> Ended:
    """Store the control machine's own copy where the policy says; password: the file with the vault's.

    The exit code is 0 when the set was read back, 1 when not.
    """
    control = own.control
    assert control is not None  # noqa: S101 -- demanded
    opened = UnlockedSecrets(read, password)
    with as_control_machine(read.path, own, opened.control(own)) as home:
        taken = material(read, control, home)
        policy = with_asset(own, control, tuple(map(str, taken.paths)), home)
        for line in taken.lacks:
            announce(f"warn     {control.name}: {line}")
        if repository.make(policy, control.repository, []).made:
            announce(f"{control.repository}: created")
        outcome = perform(
            "backup",
            joined.backup(control.name),
            control.name,
            policy.host,
            lambda: work(policy, control.name, policy.assets[control.name], ""),
        )
    return Ended.here(outcome, outcome.code)
