"""What a lab machine gets on its disk before it boots: name, address, keys, the way to packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.core.run import run
from ops.lab import identity as names
from ops.lab.archive import ARCHIVE
from ops.lab.network import Network

# Containers have no udev that would tell networkd of the link; this needs neither.
ADDRESS_UNIT = """\
[Unit]
Description=Address of this machine in the lab
DefaultDependencies=no
Before=network-pre.target network.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip link set lo up
ExecStart=/usr/sbin/ip address replace {address}/{prefix} dev host0
ExecStart=/usr/sbin/ip link set host0 up

[Install]
WantedBy=sysinit.target
"""
# What the lab's alarms are told to: a mail server of its own, whose inbox is in memory.
INBOX = "drill1"
INBOX_PROGRAM = Path(__file__).parent / "data/inbox.py"
INBOX_UNIT = """\
[Unit]
Description=Inbox of the lab, for its alarms

[Service]
ExecStart=/usr/bin/python3 /usr/local/lib/lab-inbox.py 0.0.0.0 2525 /run/lab-inbox
User=mail
RuntimeDirectory=lab-inbox
RuntimeDirectoryPreserve=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""
SSHD = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
"""
APT = """\
Acquire::http::Proxy "{proxy}";
Acquire::Languages "none";
"""


@dataclass(frozen=True)
class Furniture:
    """What all machines of a lab share: its ssh key, where their host keys are known, the package proxy."""

    key: Path
    known_hosts: Path
    proxy: str


def furnish(root: Path, host: str, address: str, network: Network, furniture: Furniture) -> None:
    """Write a machine's own files into its mounted root; safe to repeat before each boot."""
    machine_id = root / "etc/machine-id"
    if not machine_id.exists() or len(machine_id.read_text().strip()) != 32:  # noqa: PLR2004 -- machine-id(5)
        text = "".join(names.short_digest(network.identity.id, host, str(n)) for n in range(4))
        _write(machine_id, f"{text}\n", 0o444)
    _write(root / "etc/hostname", f"{host}\n")
    _write(root / "etc/hosts", hosts(network))
    _write(root / "etc/resolv.conf", "# The lab has no name servers; see /etc/hosts.\n")
    text = ADDRESS_UNIT.format(address=address, prefix=network.block.prefixlen)
    _enable(root, "lab-address.service", text, "sysinit.target")
    if host == INBOX:
        (root / "usr/local/lib").mkdir(parents=True, exist_ok=True)
        _write(root / "usr/local/lib/lab-inbox.py", INBOX_PROGRAM.read_text(encoding="utf-8"))
        _enable(root, "lab-inbox.service", INBOX_UNIT, "multi-user.target")
    _write(root / "etc/ssh/sshd_config.d/10-lab.conf", SSHD)
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    _write(root / "root/.ssh/authorized_keys", public_key(furniture.key), 0o600)
    host_key = root / "etc/ssh/ssh_host_ed25519_key"
    if not host_key.exists():
        make_key(host_key, host)
    _write(root / "etc/apt/sources.list", f"deb {ARCHIVE} {release(root)} main\n")
    _write(root / "etc/apt/apt.conf.d/10lab", APT.format(proxy=furniture.proxy))


def hosts(network: Network) -> str:
    """Return /etc/hosts of every machine: all machines by name, as a hospital's name server would have them."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines += [f"{names.address(network.block, host)} {host}" for host in names.OFFSETS]
    return "\n".join(lines) + "\n"


def release(root: Path) -> str:
    """Return the code name of the Debian release in a tree."""
    lines = (root / "etc/os-release").read_text(encoding="utf-8").splitlines()
    return next(line.split("=")[1] for line in lines if line.startswith("VERSION_CODENAME="))


def make_key(path: Path, comment: str) -> None:
    """Make an ed25519 key pair without passphrase."""
    argv: list[str | Path] = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path]
    run(argv, timeout=30)


def public_key(key: Path) -> str:
    """Return the public half of a key pair."""
    return key.with_name(f"{key.name}.pub").read_text(encoding="ascii")


def _enable(root: Path, name: str, text: str, target: str) -> None:
    """Write a unit, and let it start with a target."""
    _write(root / "etc/systemd/system" / name, text)
    wanted = root / f"etc/systemd/system/{target}.wants" / name
    wanted.parent.mkdir(exist_ok=True)
    if not wanted.is_symlink():
        wanted.symlink_to(f"/etc/systemd/system/{name}")


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.unlink(missing_ok=True)  # never through a link that leads out of the tree
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
