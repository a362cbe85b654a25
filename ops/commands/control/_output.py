"""Where a page goes: to a file or to standard output, as it is or as a PDF."""

from __future__ import annotations

import sys
from pathlib import Path

from ops.core import output as files
from ops.core.errors import UsageError
from ops.fleet.pdf import printed


def demand_place(output: Path | None, *, pdf: bool) -> None:
    """Raise UsageError for a PDF that would be shown on a terminal, or where no file can be; before the work."""
    files.demand_place(output)
    if pdf and not output and sys.stdout.isatty():
        raise UsageError("refusing to write a PDF to a terminal", "give a file with --output")


def write(page: str, output: Path | None, *, pdf: bool, mode: int = 0o600) -> None:
    """Write a page of text or HTML; a file gets the mode."""
    content = printed(page) if pdf else page.encode()
    if output:
        files.write(output, content, mode)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
