"""The full words of programs that met patients' data, in a file of root's, for an act that restores such data."""

from __future__ import annotations

import os
import stat
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.announce import announce
from ops.core.confidential import MOST_KEPT, keep, kept_apart
from ops.core.document import read_file
from ops.core.errors import SeawallError, Unavailable
from ops.core.printable import printable


@contextmanager
def apart(path: Path) -> Iterator[None]:
    """Keep what programs say in a file, for a block; its folder is made, and must be of this account alone.

    What an error of ours quotes goes there, too: the journal gets its sort, and where it arose.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = path.parent.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o077:
        raise Unavailable(
            f"{path.parent} must be a folder of this account alone, for what programs say of patients' data",
            f"remove it; it is made anew with owner {os.geteuid()} and mode 0700",
        )
    with kept_apart(path):
        try:
            yield
        except SeawallError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it quotes may be a patient's
            keep(traceback.format_exc())
            sort = type(error).__name__
            for line in traceback.format_tb(error.__traceback__):
                announce(line.rstrip())
            raise SeawallError(f"an error in Seawall itself ({sort}); the journal says where") from None


def lines(path: Path) -> list[str]:
    """Return what was kept, line by line, fit for a terminal; nothing where nothing was."""
    if not os.path.lexists(path):
        return []
    text = read_file(path, MOST_KEPT, "the programs' words").decode("utf-8", "replace")
    return [printable(line) for line in text.splitlines()]
