"""A small Debian 12 machine in QEMU, with disks that can fail: three of SATA and an NVMe.

It has the package of servers, the account, the folders and the units as the roles `agent` and `monitoring` leave them,
and it boots Debian's own kernel. It is made anew for each run, from two root trees that are kept: one becomes the
machine, the other has QEMU, so that nothing is installed here.
"""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jinja2 import Template
from systemd_units import written

from ops.core.files import lock
from ops.core.run import Stream, run, stream
from ops.drills._qemu.bootable import PORTS, equip
from ops.drills._qemu.machine import BEGIN_SECONDS, QEMU, Emulated, accelerated, patience
from ops.fleet.packaging import deb, root_trees
from ops.fleet.packaging.mirror import mirror
from ops.fleet.packaging.restic_deb import CACHE
from ops.fleet.packaging.root_trees import Recipe, Source
from ops.policy.compile import compile_site, document
from ops.policy.layers import HostLayers

PLACE = CACHE / "disks"
HOST = "disks1"
MINUTES = 60.0
IMAGE, DISK = "3G", 64 << 20  # the file system of the machine; bytes of each disk that may fail
MEMORY_MIB = 1024
SATA, NVME = ("sda", "sdb", "sdc"), "nvme0"
# What finds the root file system, and no driver more: emulated, each takes its time.
INITRD = (
    'mkdir -p "$1/etc/initramfs-tools/conf.d"',
    'echo MODULES=list >"$1/etc/initramfs-tools/conf.d/small"',
    'printf "virtio_pci\\nvirtio_blk\\next4\\n" >"$1/etc/initramfs-tools/modules"',
)
MACHINE = Recipe(
    "bookworm",
    (
        *("systemd", "systemd-sysv", "udev", "dbus", "linux-image-amd64", "mdadm", "smartmontools"),
        *("python3", "python3-psutil", "python3-jinja2", "openssh-client", "tzdata"),
    ),
    before=INITRD,
)
EMULATOR = Recipe("bookworm", ("qemu-system-x86",))
POLICY = {
    "version": 1,
    "site": {"name": "A machine with disks"},
    "checks": {
        "mirror": {"kind": "raid", "options": {"arrays": ["md0"]}},
        "disks": {"kind": "smart", "options": {"at_least": 4}},
    },
}
# They have nothing to do here, and emulated some take most of a minute.
MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer"),
    *("e2scrub_reap.service", "systemd-logind.service", "getty.target"),
)
# A processor that is emulated on a busy computer takes minutes for what takes seconds.
SLOW = "[Service]\nTimeoutStartSec=30min\n"
# Mounts end with the shell: they are in a namespace of its own. The tree stays as it is.
INSTALL = """
set -eu
tree=$1 files=$2 layer=$3 image=$4 size=$5
mount --make-rprivate /
mount -t tmpfs tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
root=$layer/root
layers="lowerdir=$files:$tree,upperdir=$layer/upper,workdir=$layer/work,index=off,metacopy=off"
mount -t overlay overlay -o "$layers" "$root"
mount -t proc proc "$root/proc"
chroot "$root" sh -eu /var/tmp/settle
umount "$root/proc"
rm -r "$root"/var/tmp/*
mke2fs -q -F -t ext4 -d "$root" "$image" "$size"
"""
# As the roles do it, in the machine.
SETTLE = f"""
dpkg --install /var/tmp/seawall.deb
systemd-sysusers
systemd-tmpfiles --create /etc/tmpfiles.d/seawall.conf
chown root:seawall /etc/seawall/policy.json
chmod 640 /etc/seawall/policy.json
ssh-keygen -q -t ed25519 -N '' -C 'seawall-ledger {HOST}' -f /etc/seawall/credentials/ledger.key
printf '{HOST} namespaces="seawall-ledger" %s\\n' "$(cut -d' ' -f1,2 /etc/seawall/credentials/ledger.key.pub)" \\
  >/etc/seawall/allowed_signers
seawall policy validate /etc/seawall/policy.json
"""
# A machine is up before its last disk was seen. Ended by the deadline of whoever runs it.
THERE = "until [ -e {} ]; do sleep 0.2; done"
EMULATE = """
set -eu
tree=$1 folder=$2
shift 2
mount --make-rprivate /
mount --bind "$folder" "$tree/srv"
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
exec chroot "$tree" "$@"
"""
# A run that is killed can't take the machine's power away; then the time does.
APART = (
    *("timeout", "--signal=KILL", "2h"),
    *("unshare", "--mount", "--propagation=slave", "--pid", "--fork", "--kill-child", "sh", "-c"),
)


@dataclass(frozen=True)
class Machine:
    """The machine as it runs. folder: where its disks, its console and QEMU's own door are."""

    emulated: Emulated
    folder: Path

    def run(self, *words: str, seconds: float = MINUTES) -> str:
        """Run a program inside as root, and return its output; it may take so long on a real machine."""
        return self.emulated.run(words, timeout=seconds)

    def disk(self, number: int) -> str:
        """Return the name by which the machine's kernel knows a disk of SATA, such as sdb: they come in any order."""
        link = f"/dev/disk/by-id/ata-QEMU_HARDDISK_SATA-{number}"
        return Path(self.run("sh", "-c", f"{THERE.format(link)}; readlink -f {link}").strip()).name

    def ask_devices(self) -> None:
        """Have root ask the devices how they are, by its unit."""
        self.run("systemctl", "start", "seawall-devices.service", seconds=5 * MINUTES)

    def look(self) -> dict[str, tuple[str, str]]:
        """Have the account make all checks, by its unit; return the verdict and the message of each by its name."""
        self.run("systemctl", "start", "seawall-health.service", seconds=5 * MINUTES)
        state = json.loads(self.run("cat", "/var/lib/seawall/state/health.json"))
        return {one["name"]: (one["verdict"], one["message"]) for one in state["checks"]}

    def nvme_warns(self, bits: int) -> None:
        """Set from outside what the NVMe says of itself as its critical warning."""
        self._ask("qom-set", path=f"/machine/peripheral/{NVME}", property="smart_critical_warning", value=bits)

    def pull_nvme(self) -> None:
        """Pull the NVMe out, and wait until the machine has noticed."""
        self._ask("device_del", id=NVME)
        deadline = time.monotonic() + MINUTES * self.emulated.patience
        while self.emulated.told(["sh", "-c", f"ls -d /sys/class/nvme/{NVME} && echo there"]):
            assert time.monotonic() < deadline, "the machine did not notice that its NVMe is gone"
            time.sleep(0.2)

    def _ask(self, command: str, **arguments: Any) -> None:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(MINUTES * self.emulated.patience)
            door.connect(str(self.folder / "qmp"))
            with door.makefile("rw", encoding="utf-8") as talk:
                json.loads(talk.readline())
                for name, words in (("qmp_capabilities", {}), (command, arguments)):
                    talk.write(json.dumps({"execute": name, "arguments": words, "id": name}) + "\n")
                    talk.flush()
                    answer = next(one for one in map(json.loads, talk) if one.get("id") == name)
                    assert "return" in answer, f"{command} {arguments}: {answer}"


def trees() -> tuple[Path, Path]:
    """Return the tree of the machine and the one with QEMU, made now where they are not kept."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with lock(PLACE / "lock", "building the trees of the machine with disks"), ThreadPoolExecutor(2) as pool:
        source = Source(mirror())
        wanted = {"machine": MACHINE, "emulator": EMULATOR}
        made = {
            name: pool.submit(root_trees.build, recipe, PLACE / f"{name}-{recipe.digest}", source)
            for name, recipe in wanted.items()
        }
        return made["machine"].result(), made["emulator"].result()


@contextmanager
def booted() -> Iterator[Machine]:
    """Make the machine, boot it for a block, and take its power away at the end; nothing of it is left."""
    tree, emulator = trees()
    with TemporaryDirectory(prefix="disks-", dir="/var/tmp") as name:
        folder = Path(name)
        _make(tree, folder)
        words = [*APART, EMULATE, "sh", emulator, folder, *_argv()]
        with stream(words, timeout=60 * MINUTES) as program:
            try:
                _wait(program, folder / f"port{PORTS - 1}")
                emulated = Emulated(program, folder / "console", folder, patience())
                machine = Machine(emulated, folder)
                try:
                    machine.run("systemctl", "is-system-running", "--wait", seconds=3 * MINUTES)
                    machine.run("sh", "-c", THERE.format(f"/dev/{NVME}"))
                except Exception as error:
                    error.add_note(emulated.last_words())
                    raise
                yield machine
            finally:
                program.dismiss()


def _make(tree: Path, folder: Path) -> None:
    """Write the disks and what boots them to a folder."""
    files, layer = folder / "files", folder / "layer"
    layer.mkdir()
    _lay_out(files)
    with (folder / "root").open("xb") as image:
        run([*APART, INSTALL, "sh", tree, files, layer, image.name, IMAGE], timeout=10 * MINUTES)
    shutil.rmtree(files)
    for disk in (*SATA, NVME):
        with (folder / disk).open("xb") as image:
            image.truncate(DISK)
    for file in ("vmlinuz", "initrd.img"):
        (found,) = (tree / "boot").glob(f"{file}-*")
        shutil.copy(found, folder / file)


def _lay_out(files: Path) -> None:
    """Write the files that the roles bring to a machine, and the drill's agent, which runs what is asked for."""
    policy = compile_site({HOST: HostLayers(POLICY)})[HOST]
    roles = Path(__file__).parents[2] / "roles/agent/templates"
    texts = {f"etc/systemd/system/{name}": text for name, text in written(policy).items()}
    for template in ("etc/sysusers.d/seawall.conf", "etc/tmpfiles.d/seawall.conf"):
        rendered = Template((roles / f"{template}.j2").read_text("utf-8").replace("| comment", ""))
        texts[template] = rendered.render(ansible_managed="# made by a test")
    for unit in ("seawall-devices", "seawall-health"):
        texts[f"etc/systemd/system/{unit}.service.d/slow.conf"] = SLOW
    texts |= {"etc/seawall/policy.json": json.dumps(document(policy)), "var/tmp/settle": SETTLE}
    texts |= {"etc/hostname": f"{HOST}\n", "etc/machine-id": ""}
    for name, text in texts.items():
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text(text, "utf-8")
    for name in MASKED:
        (files / "etc/systemd/system" / name).symlink_to("/dev/null")
    shutil.copy(deb.build(files.parent / "package").path, files / "var/tmp/seawall.deb")
    equip(files, "/dev/vda / ext4 defaults 0 1\n")


def _argv() -> list[str]:
    """Return QEMU with the machine's disks; its folder is /srv there. There is no network."""
    line = "root=/dev/vda rw console=ttyS0 panic=-1 mitigations=off systemd.default_timeout_start_sec=900"
    words = [
        QEMU,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-machine", "q35,smm=off", *(("-accel", "kvm") if accelerated() else ()), "-accel", "tcg"),
        *("-m", str(MEMORY_MIB), "-smp", "1", "-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
        *("-chardev", "file,id=console,path=/srv/console", "-serial", "chardev:console"),
        *("-qmp", "unix:/srv/qmp,server=on,wait=off"),
        *("-kernel", "/srv/vmlinuz", "-initrd", "/srv/initrd.img", "-append", line),
        *("-drive", "file=/srv/root,format=raw,if=virtio,cache=unsafe"),
        *("-drive", f"file=/srv/{NVME},format=raw,if=none,id={NVME}-data,cache=unsafe"),
        # In a slot of its own, which it can be pulled out of.
        *("-device", "pcie-root-port,id=nvme-slot,chassis=1"),
        *("-device", f"nvme,id={NVME},bus=nvme-slot,drive={NVME}-data,serial=NVME-1"),
    ]
    for place, disk in enumerate(SATA):
        words += ["-drive", f"file=/srv/{disk},format=raw,if=none,id={disk}-data,cache=unsafe"]
        words += ["-device", f"ide-hd,id={disk},bus=ide.{place},drive={disk}-data,serial=SATA-{place + 1}"]
    for port in range(PORTS):
        words += ["-chardev", f"socket,id=port{port},path=/srv/port{port},server=on,wait=off"]
        words += ["-device", f"virtserialport,chardev=port{port},name=seawall.{port}"]
    return words


def _wait(program: Stream, place: Path) -> None:
    """Wait until QEMU has begun, which is before the machine does."""
    deadline = time.monotonic() + BEGIN_SECONDS * patience()
    while not place.exists():
        assert program.process.poll() is None, f"QEMU ended at once: {program.last_words()}"
        assert time.monotonic() < deadline, f"QEMU did not begin: {program.stderr}"
        time.sleep(0.02)
