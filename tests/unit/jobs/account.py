"""A machine on which root acts, and an account to which the folders belong that the account of the units has there."""

import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

NOBODY = pwd.getpwnam("nobody")
OF_ROOT = {"run/seawall/root": 0o700, "etc/seawall/credentials": 0o700}
OF_ACCOUNT = ("run/seawall/account", "var/lib/seawall/state", "var/lib/seawall/ledger")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="acts as root and as another account")


@contextmanager
def machine() -> Iterator[Path]:
    """Make a machine's folders, with the owners that the roles give them, where every account can walk."""
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        root.chmod(0o755)
        for name, mode in OF_ROOT.items():
            (root / name).mkdir(mode=mode, parents=True)
        for name in OF_ACCOUNT:
            (root / name).mkdir(mode=0o750, parents=True)
            os.chown(root / name, NOBODY.pw_uid, NOBODY.pw_gid)
        yield root


def as_account(act: Callable[[], object]) -> int:
    """Do something as that account; return the exit code: 0 when it was done, 1 when it was refused."""
    child = get_context("fork").Process(target=_become, args=[act])
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def _become(act: Callable[[], object]) -> None:
    os.setgroups([])
    os.setresgid(NOBODY.pw_gid, NOBODY.pw_gid, NOBODY.pw_gid)
    os.setresuid(NOBODY.pw_uid, NOBODY.pw_uid, NOBODY.pw_uid)
    act()


def link(path: Path, target: Path) -> None:
    """Put a link of the account's in the way."""
    assert as_account(lambda: path.symlink_to(target)) == 0
