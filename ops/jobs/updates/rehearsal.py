"""A drill of a roll-back: the same, in a layer in memory over this machine's own system, which is thrown away.

Nothing that runs there can reach what is below: its file systems are the layer alone, without a network, a device or
the other processes, and without the rights to mount, to set the clock or to load a module. No service is started. So it
proves that the packages and files of then can be brought back; not that the services run with them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import ops
from ops.core import clock
from ops.core.document import Limits, decode, parse
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.mounts import mounts, seen
from ops.core.quantity import counted, span
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces.update import REHEARSAL, SUBJECT, RollBackFacts
from ops.jobs.host import folders, own_policy
from ops.jobs.run.job import Ended, Outcome, actor, perform
from ops.jobs.updates import back

TIMEOUT = 3600.0  # seconds
INSIDE = "--inside-drill"
LIMITS = Limits(bytes=1 << 16, depth=4, entries=1000, text=1 << 12)
# What an update writes to; when one of these is a file system of its own, the layer would not have it.
_ONE_SYSTEM = ("/etc", "/usr", "/var", "/var/lib", "/var/lib/dpkg", "/var/lib/seawall", "/var/cache", "/opt")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_RIGHTS = (
    "sys_admin,sys_boot,sys_module,sys_rawio,sys_time,sys_ptrace,sys_chroot,net_admin,net_raw,syslog,mac_admin,"
    "mac_override,mknod,audit_control,bpf,perfmon,checkpoint_restore"
)
# $1: an empty folder; $2: the devices; the rest is run within. The old root is let go before anything runs.
_STAGE = """\
set -eu
place=$1 devices=$2
shift 2
mount -t tmpfs -o mode=0700,size=60% tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
chmod 0755 "$place/upper"
mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work,index=off,xino=off,metacopy=off" overlay \
"$place/root"
cd "$place/root"
mount -t proc -o nosuid,nodev,noexec proc proc
for folder in run tmp dev var/tmp; do mount -t tmpfs -o nosuid,mode=0755 tmpfs "$folder"; done
chmod 1777 tmp var/tmp
for name in $devices; do : >"dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
printf '#!/bin/sh\\nexit 101\\n' >usr/sbin/policy-rc.d
chmod 0755 usr/sbin/policy-rc.d
mkdir run/old
pivot_root . run/old
umount --lazy /run/old
rmdir /run/old
exec "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of it, as it is told from within."""

    packages: int
    files: int
    differ: int
    first: str = ""


def rehearse(identity: str = "", by: str = "") -> Ended:
    """Drill the roll-back to a moment, by default the newest; the exit code is that of the verdict."""
    host, who = own_policy.read().host, by or actor().removeprefix("person:")
    note = back.look(identity).note  # a wrong name is no failed drill
    outcome = perform(REHEARSAL, REHEARSAL, SUBJECT, host, lambda: _worked(note.id, who), Verdict.FAIL)
    return Ended.here(outcome, outcome.verdict.exit_code)


def _worked(identity: str, by: str) -> Outcome:
    started = clock.now()
    before = back.look(identity)
    if not before.returning:
        why = "no package differs from then, so nothing would be brought back; drill it after the update"
        return Outcome(Verdict.UNKNOWN, f"{identity}: {why}", facts=RollBackFacts(id=identity, by=by))
    _demand_one_system()
    told = _within(identity)
    seconds = (clock.now() - started).total_seconds()
    facts = RollBackFacts(
        time=clock.iso(clock.now()),
        id=identity,
        by=by,
        packages=told.packages,
        files=told.files,
        differ=told.differ,
        seconds=seconds,
    )
    message = (
        f"{identity}: {counted(told.packages, 'package')} and {counted(told.files, 'file')} brought back in a layer"
    )
    if told.differ or told.packages < len(before.returning):
        return Outcome(Verdict.FAIL, f"{message}; {told.differ} still differ, first {told.first}", facts=facts)
    return Outcome(Verdict.PASS, f"{message} in {span(seconds)}; no service was started", facts, facts)


def inside(identity: str) -> Told:
    """Bring back in the layer, and say what came of it; raise UsageError anywhere else."""
    root = next((mount for mount in seen(mounts()) if mount.place == "/"), None)
    if root is None or root.type != "overlay" or os.getpid() != 1:
        raise UsageError("this is done in the layer of a drill alone", "seawall roll-back --drill")
    before = back.look(identity)
    files = back.bring_back(before)
    after = back.look(identity)
    brought = [name for name in before.returning if name not in {*after.packages, *after.broken}]
    rest = [*after.stuck, *after.returning, *(one.path for one in after.changed)]
    return Told(packages=len(brought), files=files, differ=after.count, first=rest[0] if rest else "")


def _demand_one_system() -> None:
    """Raise Unavailable where the layer would lack a part of the system."""
    own = {mount.place for mount in mounts()}
    if apart := [place for place in _ONE_SYSTEM if place in own]:
        raise Unavailable(
            f"{apart[0]} is a file system of its own, which a layer over / does not have",
            "drill the machine instead (seawall drill), and roll back there",
        )


def _within(identity: str) -> Told:
    """Run the roll-back in a layer of its own; raise SeawallError with the last words of what failed."""
    place = folders.scratch() / "roll-back-drill"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = [sys.executable, "-m", "ops", "roll-back", identity, INSIDE, "--json"]
    confined = ["setpriv", f"--bounding-set=-{_RIGHTS.replace(',', ',-')}", "--no-new-privs", *words]
    names = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--propagation=private"]
    argv = ["unshare", *names, "sh", "-c", _STAGE, "sh", str(place), " ".join(_DEVICES), *confined]
    env = {"PYTHONPATH": str(Path(ops.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        said = run(argv, timeout=TIMEOUT, env=env, most=LIMITS.bytes)
    except SeawallError as error:
        raise Damaged(f"the roll-back failed in its layer: {error.message}", error.hint) from error
    return decode(Told, parse(said.stdout.encode(), LIMITS, "the drill's answer"), "the drill's answer")
