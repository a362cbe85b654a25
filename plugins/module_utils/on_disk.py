"""What has to be on the disk before anybody relies on it."""

from __future__ import annotations

import os
from pathlib import Path


def sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
