"""What runs on a server that has nothing of Seawall yet: one look at what it holds, which leaves nothing behind.

This module and what it imports are sent there and run from memory; see `look`. It is the search of `seawall gaps`.
"""

from __future__ import annotations

import json
import platform
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from ops.core.printable import storable
from ops.gaps import Search, search
from ops.interfaces.discovery import SearchContext

LARGER_THAN = 64 << 20  # bytes of a folder that is worth a question: one too many is quickly struck out
OURS = (Path("/srv/seawall"), Path("/var/lib/seawall"), Path("/var/cache/seawall"))


def main(keepers: Sequence[str], *, searched: bool) -> None:
    """Print what this machine is and, if it is to be searched, holds. keepers: the names it must know for backups."""
    found = search(SearchContext(LARGER_THAN, OURS, by_owner=True)) if searched else Search()
    answer = {
        "release": platform.freedesktop_os_release().get("VERSION_CODENAME", ""),
        "unresolved": [name for name in keepers if not _resolves(name)],
        "found": [asdict(replace(one, name=storable(one.name), places=())) for one in found.found if one.name],
        "unlooked": [asdict(one) for one in found.unlooked],
    }
    sys.stdout.write(json.dumps(answer))


def _resolves(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False
