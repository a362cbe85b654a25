"""Which restic is here, and whether it can do what Seawall relies on."""

from __future__ import annotations

import re

from ops.core.errors import Unavailable
from ops.core.run import run

# Streamed dumps that fail when the dump fails, exit codes 10 to 12, errors as JSON.
NEEDED = (0, 18, 0)


def _version() -> tuple[int, ...]:
    """Return the version of the restic on this machine's PATH; raise Unavailable when there is none."""
    text = run(["restic", "version"], timeout=20).stdout
    match = re.match(r"restic (\d+)\.(\d+)\.(\d+)", text)
    if not match:
        raise Unavailable(f"unexpected version output of restic: {text.strip()!r}")
    return tuple(int(part) for part in match.groups())


def demand() -> str:
    """Return the version of the restic here; raise Unavailable when it is older than what Seawall needs."""
    found = _version()
    if found < NEEDED:
        raise Unavailable(
            f"restic {_dotted(found)} is too old: {_dotted(NEEDED)} or newer is required",
            "run playbooks/site.yml: its role backup_client installs a newer one",
        )
    return _dotted(found)


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in numbers)
