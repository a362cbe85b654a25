"""The policy's section `hardening`: what playbooks/harden.yml makes of a machine, and nothing else does.

Each part is a module here, with its type and what its role is given; a part that is not written is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.policy.hardening.accounts import Accounts
from ops.policy.hardening.antivirus import Antivirus
from ops.policy.hardening.audit import Audit
from ops.policy.hardening.firewall import Allowed, Firewall
from ops.policy.hardening.logs import Logs
from ops.policy.hardening.ssh import Ssh
from ops.policy.hardening.time import Time
from ops.policy.hardening.updates import Updates
from ops.policy.hardening.usb_storage import UsbStorage

__all__ = [
    "Accounts",
    "Allowed",
    "Antivirus",
    "Audit",
    "Firewall",
    "Hardening",
    "Logs",
    "Ssh",
    "Time",
    "Updates",
    "UsbStorage",
    "part",
]


@dataclass(frozen=True)
class Hardening:
    """What playbooks/harden.yml makes of a machine; a part that is not written is left alone.

    accounts: passwords of people, keys of services, sessions that end, sudo that is logged.
    ssh: who may log in over SSH, and by which means.
    time: by which clocks it sets its own.
    firewall: from where the machine is reached; all else is refused. See [firewall.md](firewall.md).
    audit: which acts the kernel records.
    usb_storage: whether disks at a USB port can be used.
    antivirus: whether ClamAV scans its files. See [antivirus.md](antivirus.md).
    updates: how it learns of updates, and whether it installs them by itself.
    logs: how long it keeps what it logged.
    """

    accounts: Accounts | None = None
    ssh: Ssh | None = None
    time: Time | None = None
    firewall: Firewall | None = None
    audit: Audit | None = None
    usb_storage: UsbStorage | None = None
    antivirus: Antivirus | None = None
    updates: Updates | None = None
    logs: Logs | None = None


def part(policy: Any, name: str) -> Any:
    """Return what the policy of a host wants of a part, as its role is given it; None where it wants nothing.

    policy: a HostPolicy. name: a part, as the section calls it.
    """
    wanted = getattr(policy.hardening, name) if policy.hardening else None
    return wanted.given() if wanted else None
