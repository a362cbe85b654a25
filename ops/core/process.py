"""What every program that is started gets, and how it is ended with all that it started."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress

from ops.core.remnants import VARIABLE


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the small environment every program gets, with the given variables added."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", VARIABLE) if name in os.environ}
    kept.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | dict(extra or {})


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to everything that a program started; nobody there is no error."""
    with suppress(ProcessLookupError):  # nobody is left
        os.killpg(leader, number)  # start_new_session made the program the leader of its group
