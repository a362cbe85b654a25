"""What every program that is started gets, and how it is ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from ops.core.errors import Unavailable
from ops.core.remnants import VARIABLE

FIRST_TO_END = "500"  # as if it took half of all memory more; proc_pid_oom_score_adj(5)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the small environment every program gets, with the given variables added."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", VARIABLE) if name in os.environ}
    kept.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | dict(extra or {})


def started(
    words: list[str],
    stdin: IO[bytes] | int,
    env: Mapping[str, str] | None,
    cwd: Path | None,
    stdout: IO[bytes] | None,
) -> subprocess.Popen[str]:
    """Start a program as the leader of a group of its own; Unavailable when there is none of that name."""
    try:
        program = subprocess.Popen(
            words,
            stdin=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            env=environment(env),
            cwd=cwd,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError as error:
        raise Unavailable(f"program not found: {words[0]}", "install it, or correct PATH") from error
    _end_first(program.pid)
    return program


def _end_first(program: int) -> None:
    """Let the kernel, when memory runs out, end a program before us: somebody must be left to say what happened."""
    with suppress(OSError):  # it is over already, or runs as another account by now
        Path(f"/proc/{program}/oom_score_adj").write_text(FIRST_TO_END, "ascii")


def signal_group(leader: int, number: signal.Signals) -> None:
    """Send a signal to everything that a program started; nobody there is no error."""
    with suppress(ProcessLookupError):  # nobody is left
        os.killpg(leader, number)  # start_new_session made the program the leader of its group
