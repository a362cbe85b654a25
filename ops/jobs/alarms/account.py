"""What the alarms remember belongs to the account of the units; root takes that account's place to touch it.

The folder is the account's, and so are the names in it: as root, a link there would lead SQLite anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import Unavailable
from ops.jobs.host import folders

NAME = "alarms.sqlite"


def store() -> Path:
    """Return where it is remembered."""
    return folders.state() / "state" / NAME


def spare_store() -> Path:
    """Return where it is remembered while that can't be written, in memory."""
    return folders.scratch_of_account() / NAME


@contextmanager
def acting() -> Iterator[None]:
    """Act as the account for a block, if this is root; raise Unavailable where its folder is not there."""
    if os.geteuid() != 0:
        yield
        return
    try:
        owner = (folders.state() / "state").stat()
    except OSError as error:
        raise Unavailable("this machine has no folder of states", "run playbooks/site.yml for it") from error
    before = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(before[1])
        os.setgroups(before[0])
