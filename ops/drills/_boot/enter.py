"""Run a program inside a booted machine: in its namespaces, with no more rights than the machine itself has.

A program of its own (`python3 enter.py LEADER PROGRAM...`), for what runs here runs code of the restored machine,
which may come from a broken-in client: capabilities go before the first of its instructions, and none come back.
A boot is waited for by many of these, on processors that the boot needs, so nothing is imported that can be spared.
"""

from __future__ import annotations

import ctypes
import os
import sys
import warnings  # noqa: F401 -- os.execvpe imports it, and after the change of root that would be the machine's own
from collections.abc import Sequence

# The user namespace comes first where the machine has one of its own: it gives the right to the others.
NAMESPACES = ("user", "cgroup", "ipc", "uts", "net", "pid", "mnt")
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "TERM": os.environ.get("TERM", "dumb"),
}
# Numbers of linux/capability.h: CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
# NET_BIND_SERVICE. With these root inside can become any account, and read what is there.
LEFT = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 10})
MOST = 63
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CAPABILITY_VERSION = 0x20080522


def main(words: Sequence[str]) -> int:
    """Enter, give up rights, run the program and return its exit code."""
    leader, *argv = words
    libc = ctypes.CDLL(None, use_errno=True)
    handles = [
        os.open(f"/proc/{leader}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
        for name in NAMESPACES
        if _namespace(leader, name) != _namespace("self", name)
    ]
    root = os.open(f"/proc/{leader}/root", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for handle in handles:
        _demand(libc.setns(handle, 0))
    os.fchdir(root)
    os.chroot(".")
    child = os.fork()  # only a child is in the other namespace of processes
    if child == 0:
        _become(libc, argv)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF


def _namespace(process: str, name: str) -> str:
    return os.readlink(f"/proc/{process}/ns/{name}")  # noqa: PTH115 -- to import pathlib takes longer than all else


def _become(libc: ctypes.CDLL, argv: Sequence[str]) -> None:
    os.setgroups([])  # the root of its own accounts, where it has such
    os.setgid(0)
    os.setuid(0)
    for number in range(MOST):
        if number not in LEFT:
            libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # one that this kernel does not know is not there to lose
    left = sum(1 << number for number in LEFT)
    # What could be inherited would come back with the next program, past the bounding set.
    _demand(libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)(left, left, 0, 0, 0, 0)))
    _demand(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    os.chdir("/")
    try:
        os.execvpe(argv[0], list(argv), ENVIRONMENT)  # noqa: S606 -- this is what it is for
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(127)


def _demand(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
