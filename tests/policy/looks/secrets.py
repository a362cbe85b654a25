"""Whether a secret of this machine stands where it must not: in processes, units, the journal, states, policy.

Compared here, on the machine; what leaves it are names of secrets and of places, never a value.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

CREDENTIALS = Path("/etc/seawall/credentials")
HASHES = (Path("/etc/seawall-writers"), Path("/etc/seawall-readers"))
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/etc/cron.d", "/etc/tmpfiles.d")
OTHERS = ("/var/lib/seawall/state", "/var/lib/seawall/ledger", "/etc/seawall/policy.json", "/run/seawall")
LARGEST = 8 << 20
SHORTEST = 8  # what is shorter is no secret, and is found everywhere


def look(wanted: dict) -> dict:
    known = values()
    places = {**processes(), **files(UNITS), **files(OTHERS), "the journal": journal()}
    found = [
        {"secret": name, "place": place}
        for place, content in places.items()
        for name, value in known
        if value in content
    ]
    return {"secrets": sorted({name for name, _ in known}), "places": len(places), "found": found}


def values() -> list:
    known = []
    for path in sorted(CREDENTIALS.glob("*")) if CREDENTIALS.is_dir() else []:
        known += [(path.name, value) for value in inside(path)]
    for folder in HASHES:
        for path in sorted(folder.glob("*.htpasswd")):
            known += [(path.name, line.partition(b":")[2].strip()) for line in path.read_bytes().splitlines()]
    return [(name, value) for name, value in known if len(value) >= SHORTEST]


def inside(path: Path) -> Iterator[bytes]:
    """The secret values in a file: a password, the password of an address, the lines of a key."""
    content = path.read_bytes().strip()
    if path.suffix == ".url":
        address = urlsplit(content.decode().removeprefix("rest:"))
        yield (address.password or "").encode()
        yield unquote(address.password or "").encode()
    elif b"PRIVATE KEY" in content:
        lines = content.splitlines()[1:-1]
        # The first lines of OpenSSH's form hold its name and the public part.
        yield from lines[3 if b"OPENSSH" in content else 0 :]
    elif path.suffix == ".password":
        yield content


def processes() -> dict:
    """Arguments and environment of every process but this one."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if folder.name in {str(os.getpid()), str(os.getppid())}:
            continue
        try:
            name = (folder / "comm").read_text().strip()
            found[f"process {folder.name} ({name})"] = (folder / "cmdline").read_bytes() + (
                folder / "environ"
            ).read_bytes()
        except OSError:
            continue  # it has ended
    return found


def files(places: tuple) -> dict:
    found = {}
    for place in map(Path, places):
        below = [place] if place.is_file() else sorted(place.rglob("*")) if place.is_dir() else []
        for path in below:
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                found[str(path)] = path.read_bytes()
    return found


def journal() -> bytes:
    argv = ["journalctl", "-q", "--no-pager", "-o", "cat", "--since=-2d", "-n", "20000"]
    units = re.findall(
        r"^seawall\S*\.service",
        subprocess.run(
            ["systemctl", "list-unit-files", "--no-legend", "seawall*.service"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        ).stdout,
        re.MULTILINE,
    )
    words = [f"--unit={unit}" for unit in units if "@." not in unit]
    return subprocess.run([*argv, *words], capture_output=True, timeout=30, check=False).stdout if words else b""
