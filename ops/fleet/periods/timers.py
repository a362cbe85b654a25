"""The timers by which the control machine makes and mails the policy's reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.files import write_atomically
from ops.core.run import run
from ops.fleet.inventory import Inventory
from ops.interfaces.fleet_period import KINDS

PREFIX = "seawall-report-"
FOLDER = Path("/etc/systemd/system")
SERVICE = """\
# Written by `seawall control timers`, from `reports` in the policy.
[Unit]
Description=Seawall: {kind} report on the whole site, by mail
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={checkout}
ExecStart={program} report -i {inventory} --period {kind} --mail --html {pages}/{kind}.html{vault}
StateDirectory=seawall-reports
StateDirectoryMode=0750
TimeoutStartSec=2h
"""
TIMER = """\
# Written by `seawall control timers`, from `reports` in the policy.
[Unit]
Description=Seawall: {kind} report on the whole site, by mail

[Timer]
{calendars}
Persistent=true

[Install]
WantedBy=timers.target
"""


def units(inventory: Inventory, checkout: Path, password: Path | None) -> dict[str, str]:
    """Return the units of an inventory's reports, by name; none where the policy has no reports.

    checkout: the folder of this Seawall. password: the file with the vault's, for the mail account's.
    """
    policy = next((one for one in inventory.policies().values() if one.reports), None)
    if policy is None or policy.reports is None:
        return {}
    found = {}
    places = [inventory.path.resolve(), checkout, *([password.resolve()] if password else [])]
    if wrong := [str(path) for path in places if any(letter in str(path) for letter in " \t\n\"'\\%$")]:
        raise UsageError(f"a unit can't name {wrong[0]!r}", "use a path without blanks, quotes, % or $")
    vault = f" --vault-password-file {password.resolve()}" if password else ""
    for kind, calendar in policy.reports.calendars.items():
        expressions = calendar.zoned(policy.site.timezone).expressions
        found[f"{PREFIX}{kind}.service"] = SERVICE.format(
            kind=kind,
            checkout=checkout,
            program=checkout / ".venv/bin/seawall",
            inventory=inventory.path.resolve(),
            pages="/var/lib/seawall-reports",
            vault=vault,
        )
        lines = "\n".join(f"OnCalendar={expression}" for expression in expressions)
        found[f"{PREFIX}{kind}.timer"] = TIMER.format(kind=kind, calendars=lines)
    return found


def changes(wanted: dict[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what has to be done to the units in a folder: `write` or `remove`, and the name of one."""
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield "write", name
    for kind in KINDS:
        for name in (f"{PREFIX}{kind}.service", f"{PREFIX}{kind}.timer"):
            if name not in wanted and (folder / name).exists():
                yield "remove", name


def install(wanted: dict[str, str], folder: Path = FOLDER) -> None:
    """Bring the units in a folder to what is wanted, and start their timers; raise CommandError or OSError."""
    done = list(changes(wanted, folder))
    for what, name in done:
        if what == "remove" and name.endswith(".timer"):
            run(["systemctl", "disable", "--now", name], timeout=60)
    for what, name in done:
        if what == "write":
            write_atomically(folder / name, wanted[name].encode(), mode=0o644)
        else:
            (folder / name).unlink()
    if done:
        run(["systemctl", "daemon-reload"], timeout=60)
    for name in wanted:
        if name.endswith(".timer"):
            run(["systemctl", "enable", "--now", name], timeout=60)
