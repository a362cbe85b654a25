"""Real disks fail in a real machine: what the checks `raid` and `smart` say of it, and of disks that are well."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field

import disks_page
import pytest
from disk_machine import Machine, booted

from ops.drills._qemu.machine import accelerated

ALL = "spare is low, too hot or too cold, unreliable, read-only, backup of memory failed"
FAILING = "/dev/nvme0 (QEMU NVMe Ctrl): it says that it is about to fail"
SATA = "QEMU HARDDISK"
MIRROR = "md0 (raid1)"
CREATE = "mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2"
SPEEDS = "/sys/block/md0/md/sync_speed_max /sys/block/md0/md/sync_speed_min"  # KiB/s
# Ended by the deadline of whoever runs it.
SETTLED = """
cd /sys/block/md0/md
until [ "$(cat degraded) $(cat resync_start) $(cat sync_action)" = "0 none idle" ]; do sleep 0.2; done
"""
REBUILDS = "until grep -q 'recovery =' /proc/mdstat; do sleep 0.2; done"
AS_PLUGIN = "code=0; runuser -u seawall -- seawall check raid || code=$?; echo $code"

Said = tuple[str, str]

pytestmark = pytest.mark.slow


def exactly(verdict: str, message: str) -> Said:
    return verdict, re.escape(message)


WHOLE = exactly("pass", f"{MIRROR} is active, 2 of 2 disks work")
WELL = exactly(
    "pass",
    "; ".join(["/dev/nvme0 (QEMU NVMe Ctrl) is well", *(f"/dev/sd{letter} ({SATA}) is well" for letter in "abc")]),
)


@dataclass
class Course:
    """What is done to the disks of a machine, and what its checks say of it; first, second, spare: disks by name."""

    machine: Machine
    first: str
    second: str
    spare: str
    rows: list[disks_page.Row] = field(default_factory=list)

    def does(self, script: str) -> str:
        """Run a script in the machine, as root; return what it prints."""
        return self.machine.run("sh", "-euc", script)

    def sees(self, done: str, mirror: Said, disks: Said, *, ask: bool = True) -> None:
        """Look, and demand a verdict of each check, and a message, by a pattern of the whole of it.

        ask: whether root asks the devices before, as its unit does every hour.
        """
        if ask:
            self.machine.ask_devices()
        seen = self.machine.look()
        for name, (verdict, message) in {"mirror": mirror, "disks": disks}.items():
            said = seen[name]
            assert said[0] == verdict, f"{done}: {name}: {said}"
            assert re.fullmatch(message, said[1]), f"{done}: {name}: {said}"
        self.rows.append(disks_page.Row(done, seen["mirror"], seen["disks"]))


def test_a_disk_that_fails_is_told_and_one_that_is_well_is_not() -> None:
    if os.geteuid() != 0:
        pytest.fail("only root can make a root tree and enter it: run this as root")
    started = time.monotonic()
    with booted() as machine:
        booting = time.monotonic() - started
        course = Course(machine, *(machine.disk(number) for number in (1, 2, 3)))
        a_mirror_fails_and_is_rebuilt(course)
        a_spare_and_the_nvme_fail(course)
        an_array_and_disks_are_gone(course)
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        disks_page.written(course.rows, time.monotonic() - started, booting, emulated=not accelerated())


def a_mirror_fails_and_is_rebuilt(course: Course) -> None:
    second = course.second
    course.does(f"{CREATE} /dev/{course.first} /dev/{second}; {SETTLED}")
    course.sees("a mirror of two disks, made by `mdadm`, and an NVMe, all of them well", WHOLE, WELL)
    course.does(f"mdadm /dev/md0 --fail /dev/{second}")
    lost = f"{MIRROR} is degraded: 1 of 2 disks work ({second} failed)"
    course.sees(f"the disk {second} of the mirror fails", exactly("fail", lost), WELL, ask=False)
    told = course.does(AS_PLUGIN).splitlines()
    assert told == [f"SEAWALL CRITICAL - mirror: {lost} | 'members'=2 'working'=1", "2"]
    course.does(f"echo 10 | tee {SPEEDS}; mdadm /dev/md0 --remove /dev/{second} --add /dev/{second}; {REBUILDS}")
    course.machine.nvme_warns(1 << 2)
    rebuilt = re.escape(f"{MIRROR} is degraded: 1 of 2 disks work; recovery at ") + r"\d+\.\d%"
    done = "a new disk is added to the mirror, which is slowly rebuilt; the NVMe warns that it is unreliable"
    course.sees(done, ("fail", rebuilt), exactly("fail", f"{FAILING}, unreliable"))


def a_spare_and_the_nvme_fail(course: Course) -> None:
    course.does(f"echo 200000 | tee {SPEEDS}; {SETTLED}")
    course.machine.nvme_warns(0b11111)
    done = "the mirror is whole again; the NVMe gives every warning that there is"
    course.sees(done, WHOLE, exactly("fail", f"{FAILING}, {ALL}"))
    course.does(f"mdadm /dev/md0 --add /dev/{course.spare}; mdadm /dev/md0 --fail /dev/{course.spare}")
    course.machine.nvme_warns(0)
    warns = exactly("warn", f"{MIRROR}: {course.spare} failed")
    course.sees(f"a spare, {course.spare}, is added and fails; the NVMe takes its warnings back", warns, WELL)


def an_array_and_disks_are_gone(course: Course) -> None:
    disks = f"/dev/{course.first} /dev/{course.second}"
    course.does(f"mdadm --stop /dev/md0; smartctl -s off /dev/{course.spare}")
    silent = f"/dev/{course.spare} ({SATA}) does not say how it is; ignore it in the policy if it can't"
    silent = f"3 of 4 disks tell of themselves; {silent}"
    done = f"the array is stopped; the SMART of {course.spare} is switched off"
    course.sees(done, exactly("fail", "md0 is not there"), exactly("fail", silent))
    course.does(f"mdadm --assemble /dev/md0 {disks}; {SETTLED} smartctl -s on /dev/{course.spare}")
    course.sees("the array is started, and the SMART switched on", WHOLE, WELL)
    course.machine.pull_nvme()
    course.sees("the NVMe is pulled out", WHOLE, exactly("fail", "3 of 4 disks tell of themselves"))
