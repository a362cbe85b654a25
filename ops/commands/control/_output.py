"""Where a page goes: to a file or to standard output, as it is or as a PDF."""

from __future__ import annotations

import sys
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.files import write_atomically
from ops.fleet.pdf import printed


def demand_place(output: Path | None, *, pdf: bool) -> None:
    """Raise UsageError for a PDF that would be shown on a terminal; before the work, for it would be in vain."""
    if pdf and not output and sys.stdout.isatty():
        raise UsageError("refusing to write a PDF to a terminal", "give a file with --output")


def write(page: str, output: Path | None, *, pdf: bool, mode: int = 0o600) -> None:
    """Write a page of text or HTML; a file gets the mode."""
    content = printed(page) if pdf else page.encode()
    if output:
        write_atomically(output, content, mode)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
