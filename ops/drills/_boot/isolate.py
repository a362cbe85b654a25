"""What a restored machine must not do: nothing that leaves it, nothing that acts on what is not its own.

It has no network but its own loopback; all the same, what would send, shut down, back up or mount is masked, so that
it does not wait for what is not there and what people look at says nothing false.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from ops.core.errors import Damaged

UNITS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system", "usr/local/lib/systemd/system")
# Names without suffix; all timers are masked beside these.
MASKED = (
    *("seawall-.*", "restic.*", "borg.*", "bacula-.*", "bareos-.*", "amanda.*", "urbackup.*", "rsync", "rsnapshot.*"),
    *("cron", "anacron", "atd", "postfix.*", "exim4.*", "sendmail.*", "opensmtpd", "nullmailer", "msmtpd", "mailman.*"),
    *("nut-.*", "upsmon", "apcupsd", "apt-daily.*", "unattended-upgrades", "packagekit", "fwupd.*", "certbot"),
    *("networking", "NetworkManager.*", "systemd-networkd.*", "ifup@.*", "wpa_supplicant.*", "dhcpcd", "connman"),
    *(
        "systemd-resolved",
        "systemd-timesyncd",
        "chrony.*",
        "ntp.*",
        "openvpn.*",
        "wg-quick@.*",
        "strongswan.*",
        "ipsec",
    ),
    *("nfs-.*", "rpcbind.*", "iscsi.*", "open-iscsi", "multipath.*", "corosync", "pacemaker", "keepalived", "drbd.*"),
    *("rsyslog", "syslog-ng", "zabbix-agent.*", "snmpd", "prometheus-.*", "salt-minion", "puppet", "chef-client"),
    *("smartmontools", "smartd", "mdmonitor.*", "lvm2-.*", "systemd-udevd.*", "systemd-modules-load", "e2scrub.*"),
    *("docker", "containerd", "libvirtd.*", "systemd-nspawn@.*", "getty@.*", "serial-getty@.*", "console-getty"),
    "systemd-ask-password-.*",  # there is nobody to answer
)
NOBODY = "/dev/null"
CLUSTERS = "etc/postgresql"  # a folder for each version, and in it one for each cluster
OPTIONS = "pg_ctl.conf"  # Debian's, beside each cluster's settings
SYNCS_AT_ONCE = 14  # the first version of PostgreSQL that can ask for a whole file system
# Nothing is mounted, swapped to or opened: the machine is one tree, and its disks are not here.
FSTAB = "etc/fstab"
EMPTIED = (FSTAB, "etc/crypttab", "etc/resolv.conf")


# What finds the machine's own devices; a container has none, its own kernel needs them.
DEVICES = ("systemd-udevd.*", "systemd-modules-load")


def isolate(root: Path, *, devices: bool = False) -> None:
    """Given the root of a restored machine that may be written, make it fit for a boot among strangers.

    devices: whether it looks for devices, for it gets a disk of its own; then its fstab is left, to make that disk by.
    """
    root.chmod(0o755)  # a snapshot has no entry for / itself
    found = {name for folder in UNITS for name in _names(root, folder)}
    mask(root, sorted(name for name in found if masked(name) and not (devices and _finds_devices(name))))
    _start_plainly(root)
    for name in EMPTIED:
        if _there(root, name) and not (devices and name == FSTAB):
            _replace(root, name, NOBODY)


def _start_plainly(root: Path) -> None:
    """Let PostgreSQL hand its log of changes to nobody, whatever its settings say, and read no more than it needs."""
    for version in _names(root, CLUSTERS):
        for name in _names(root, f"{CLUSTERS}/{version}"):
            cluster = beneath(root, f"{CLUSTERS}/{version}/{name}")
            if cluster is None or not cluster.is_dir():
                continue
            place, owner = cluster / OPTIONS, cluster.stat()
            if place.is_dir() and not place.is_symlink():
                raise Damaged(f"/{CLUSTERS}/{version}/{name}/{OPTIONS} of the restored machine is a folder")
            place.unlink(missing_ok=True)
            place.write_text(_options(version), encoding="ascii")
            os.chown(place, owner.st_uid, owner.st_gid)


def _options(version: str) -> str:
    """Return Debian's settings of how a server of that version is started."""
    settings = ["archive_mode=off"]
    # Before it recovers it makes sure that each of its files is on the disk. One by one it opens them for writing, and
    # so a layer over the repository would fetch the whole cluster into memory; there is no disk to wait for.
    if re.fullmatch("[0-9]{1,3}", version) and int(version) >= SYNCS_AT_ONCE:
        settings.append("recovery_init_sync_method=syncfs")
    words = " ".join(f"-o -c{setting}" for setting in settings)  # it is split at spaces, whatever quotes there are
    return f"pg_ctl_options = '{words}'\n"


def mask(root: Path, units: Iterable[str]) -> None:
    """Keep some units of a restored machine from being started."""
    for name in units:
        _replace(root, f"etc/systemd/system/{name}", NOBODY)


def masked(name: str) -> bool:
    """Whether a unit may not run in a drill."""
    stem, _, suffix = name.rpartition(".")
    if suffix in {"timer", "mount", "automount", "swap"}:
        return not stem.startswith(("-", "dev-", "proc-", "run-", "sys-", "tmp"))
    return suffix in {"service", "socket", "path"} and any(re.fullmatch(pattern, stem) for pattern in MASKED)


def _finds_devices(name: str) -> bool:
    return any(re.fullmatch(pattern, name.rpartition(".")[0]) for pattern in DEVICES)


def _names(root: Path, folder: str) -> Iterable[str]:
    place = beneath(root, folder)
    return sorted(path.name for path in place.iterdir()) if place is not None and place.is_dir() else ()


def _there(root: Path, name: str) -> bool:
    place = beneath(root, str(Path(name).parent))
    return place is not None and os.path.lexists(place / Path(name).name)


def _replace(root: Path, name: str, target: str) -> None:
    """Put a link in the place of a file; the tree may come from a broken-in machine and lead anywhere."""
    folder = beneath(root, str(Path(name).parent))
    if folder is None:
        raise Damaged(f"/{name} of the restored machine can't be masked: a link points outside the machine")
    place = folder / Path(name).name
    if place.is_dir() and not place.is_symlink():
        return
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def beneath(root: Path, name: str) -> Path | None:
    """Return a folder of a restored tree as its own programs see it; None when it is not there or leads outside.

    A link that is absolute means the tree's own root; more links than a path has any need of lead nowhere.
    """
    steps, place, left = list(Path(name).parts), root, 40
    while steps:
        step = steps.pop(0)
        if step == "..":
            place = root if place == root else place.parent
            continue
        following = place / step
        if following.is_symlink():
            left -= 1
            if left < 0:
                return None
            target = following.readlink()
            place = root if target.is_absolute() else place
            steps = [part for part in target.parts if part != "/"] + steps
            continue
        place = following
    return place if place.exists() else None
