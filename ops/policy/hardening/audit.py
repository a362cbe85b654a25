"""The part `audit` of hardening: which acts the kernel records, in the words of auditctl."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.core.names import AbsolutePath

# By people alone: whoever logged in has a login's number, services have none.
_PEOPLE = "-F auid!=unset"
_ACCOUNTS = (
    "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/security/opasswd", "/etc/sudoers",
    "/etc/sudoers.d/", "/etc/pam.d/", "/etc/login.defs",
)  # fmt: skip
_LOGINS = ("/etc/ssh/", "/root/.ssh/", "/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog")
_SEAWALL = ("/etc/seawall/", "/usr/share/seawall/", "/etc/seawall-firewall/", "/var/lib/seawall-hardening/")
# What units write there all the time is their work.
_LEDGER = "/var/lib/seawall/"
_CALLS = {
    "time": ("clock_settime,settimeofday,adjtimex", _PEOPLE),
    "mounts": ("mount,umount2", _PEOPLE),
}


@dataclass(frozen=True)
class Audit:
    """Which acts the kernel records, through auditd: changes of accounts and logins, time, mounts, Seawall's own files.

    files: further files, and folders, whose path ends in `/`, of which each change is recorded.
    """

    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Demand paths that stand in a rule as one word."""
        for path in self.files:
            if not AbsolutePath.fits(path) or path == "/" or set(path) & set(" '\"#\\"):
                raise ValueError(
                    f"files: {path[:80]!r}: expected an absolute path without blanks, quotes, `#` and `\\`"
                )

    def given(self) -> dict[str, Any]:
        """Return what the role `audit` is given: the rules, and the keys that records of them have."""
        rules = [*self._rules()]
        keys = dict.fromkeys(rule.rpartition(" -F key=")[2] for rule in rules)
        return {"rules": "".join(f"{rule}\n" for rule in rules), "keys": [*keys]}

    def _rules(self) -> Iterator[str]:
        for key, (calls, whose) in _CALLS.items():
            for arch in ("b64", "b32"):
                yield f"-a always,exit -F arch={arch} -S {calls} {whose} -F key=seawall-{key}"
        yield _changes("/etc/localtime", "time")
        for path in _ACCOUNTS:
            yield _changes(path, "accounts")
        for path in _LOGINS:
            yield _changes(path, "logins")
        for path in _SEAWALL:
            yield _changes(path, "seawall")
        yield _changes(_LEDGER, "seawall", f" {_PEOPLE}")
        for path in self.files:
            yield _changes(path, "files")


def _changes(path: str, key: str, whose: str = "") -> str:
    """Return the rule for each change of a file, or of all below a folder: content, owner, mode."""
    where = f"-F dir={path.rstrip('/')}" if path.endswith("/") else f"-F path={path}"
    return f"-a always,exit {where} -F perm=wa{whose} -F key=seawall-{key}"
