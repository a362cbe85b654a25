"""What a restored machine prints while it boots, in a file that it may fill as it likes."""

from __future__ import annotations

from pathlib import Path

MOST_READ = 1 << 20  # of its end


def tail(console: Path) -> str:
    """Return the end of what a console has; nothing while there is none."""
    if not console.exists():
        return ""
    with console.open("rb") as file:
        file.seek(max(0, console.stat().st_size - MOST_READ))
        return file.read(MOST_READ).decode("utf-8", "replace")
