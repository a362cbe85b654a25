"""The machine itself: release, versions, accounts, open ports, repositories that lie on it."""

import grp
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

PACKAGES = ("seawall", "restic", "restic-rest-server")
PROGRAMS = {
    "restic": ["restic", "version"],
    "rest-server": ["restic-rest-server", "--version"],
    "seawall": ["seawall", "--version"],
}
LISTEN = "0A"
# Where a repository might lie; everything else belongs to the system.
PLACES = ("/srv", "/var/lib", "/var/backups", "/mnt", "/media", "/opt", "/home", "/root")
DEPTH = 4


def look(wanted: dict) -> dict:
    return {
        "packages": {name: package(name) for name in PACKAGES},
        "changed": changed("seawall"),
        "programs": {name: version(argv) for name, argv in PROGRAMS.items()},
        "accounts": {name: account(name) for name in wanted["accounts"]},
        "ports": ports(),
        "repositories": repositories(),
    }


def said(argv: list) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def package(name: str) -> str:
    status, _, found = said(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", name]).partition(" ")
    return found if status == "installed" else ""


def changed(name: str) -> list:
    """Files of a package that are no longer as they were installed; a machine may do without documents."""
    lines = said(["dpkg", "--verify", name]).splitlines()
    return [line for line in lines if not re.match(r"missing\s+/usr/share/(doc|man)/", line)]


def version(argv: list) -> list:
    found = re.search(r"(\d+(?:\.\d+)+)", said(argv))
    return [int(part) for part in found[1].split(".")] if found else []


def account(name: str) -> dict:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return {}
    groups = {group.gr_name for group in grp.getgrall() if name in group.gr_mem}
    groups.add(grp.getgrgid(entry.pw_gid).gr_name)
    return {
        "shell": entry.pw_shell,
        "uid": entry.pw_uid,
        "groups": sorted(groups),
        "sudo": sudo(name),
        "password": password(name),
    }


def sudo(name: str) -> list:
    """What sudo lets an account do; nothing where there is no sudo."""
    if not shutil.which("sudo"):
        return []
    lines = said(["sudo", "-n", "-l", "-U", name]).splitlines()
    return [line.strip() for line in lines if re.match(r"\s+\(", line)]


def password(name: str) -> bool:
    for line in Path("/etc/shadow").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return line.split(":")[1][:1] not in {"!", "*"}
    return False


def ports() -> list:
    """Ports that are listened on, each with whether others than this machine reach it."""
    found = {}
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(path).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, port = local.rpartition(":")
            inside = address.endswith("7F") or address == "00000000000000000000000001000000"
            if state == LISTEN:
                found[int(port, 16)] = found.get(int(port, 16), False) or not inside
    return [{"port": port, "outside": outside} for port, outside in sorted(found.items())]


def repositories() -> list:
    """Folders that look like a restic repository."""
    found = []
    for place in PLACES:
        for folder, below, files in os.walk(place):
            if "config" in files and {"data", "keys", "snapshots"} <= set(below):
                found.append(folder)
                below.clear()
            elif folder.count("/") - place.count("/") >= DEPTH:
                below.clear()
    return sorted(found)
