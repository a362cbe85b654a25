"""A lock stays exactly as long as its process, also where another process has the number of a dead one."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from killing import COMMAND, locks
from one_machine import Machine

from ops.core.names import Digest

# A boot of its own: the numbers of processes begin anew, and all that ran ends with it.
BOOTED = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation=slave")


@contextmanager
def busy(machine: Machine, *words: str) -> Iterator[list[str]]:
    """Let restic, started by these words, read from a pipe for a block, so that it has a lock; yield the locks."""
    place = machine.place("primary").repository
    program = [*words, *place.plainly(["backup", "--stdin"])]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 60
        while not (found := [name for name in locks(machine) if Digest.fits(name)]):  # others are still written
            assert running.poll() is None
            assert time.monotonic() < deadline
        yield found
        running.kill()


def later() -> None:
    """Wait until a new process is younger than what was, as far as Linux tells: it knows its own boot to the second."""
    begun = time.time()
    while time.time() < begun + 1.5:
        threading.Event().wait(0.1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give processes numbers of their own")
def test_a_lock_from_before_a_loss_of_power_goes_though_its_number_is_taken(machine: Machine) -> None:
    with busy(machine, *BOOTED, "sh", "-c", 'exec 3<&0; "$@" <&3 & wait', "sh") as before:
        pass
    assert locks(machine) == before
    later()
    again = ["sh", "-c", 'sleep 600 <&- >&- 2>&- & exec "$@"', "sh", *COMMAND, "backup", "documents"]
    subprocess.run([*BOOTED, *again], check=True)
    assert locks(machine) == []


def test_a_lock_of_a_program_that_runs_stays(machine: Machine) -> None:
    with busy(machine) as held:
        assert machine.seawall("backup", "documents") == 0
        assert locks(machine) == held
