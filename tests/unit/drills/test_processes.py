"""The processes below another one, which a drill ends with it."""

import os
import sys

from ops.core.ram import available, fits
from ops.core.run import stream
from ops.drills._boot.container import descendants, is_first

# A child that starts a child of its own from a thread, says both numbers, and waits.
FAMILY = """
import subprocess, sys, threading
def start():
    below = subprocess.Popen(["sleep", "60"])
    print(below.pid, flush=True)
thread = threading.Thread(target=start)
thread.start()
sys.stdin.read()
"""


def test_children_and_theirs_are_found_by_whichever_thread_they_were_started() -> None:
    with stream([sys.executable, "-c", FAMILY], timeout=30, talk=True) as family:
        below = int(next(family.lines()))
        assert descendants(family.process.pid) == [below]
        assert {family.process.pid, below} <= set(descendants(os.getpid()))
        family.dismiss()
    assert descendants(family.process.pid) == []


def test_an_ordinary_process_is_the_first_of_no_namespace() -> None:
    assert not is_first(os.getpid())


def test_a_drill_takes_no_more_memory_than_it_may() -> None:
    assert fits(0)
    assert not fits(available())
