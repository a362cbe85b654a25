"""Files that hold secrets, the policy and the evidence: owners and modes, never their content."""

import grp
import hashlib
import json
import os
import pwd
import stat
from pathlib import Path

SERVERS = ("/etc/seawall-writers", "/etc/seawall-readers")
PLACES = ("/etc/seawall", "/var/lib/seawall", "/var/cache/seawall", "/run/seawall", *SERVERS)
# Whole systems of others lie there, and many files of restic's.
NOT_INTO = {
    *("/var/lib/seawall/drills", "/var/lib/seawall/trees"),
    *("/var/cache/seawall/restic", "/var/cache/seawall/scratch", "/var/cache/seawall/root"),
}
POLICY = Path("/etc/seawall/policy.json")


def look(wanted: dict) -> dict:
    found = {}
    for place in PLACES:
        if os.path.lexists(place):
            found[place] = facts(place)
        for folder, below, files in os.walk(place):
            for name in (*below, *files):
                found[f"{folder}/{name}"] = facts(f"{folder}/{name}")
            below[:] = [name for name in below if f"{folder}/{name}" not in NOT_INTO]
    for path, seen in found.items():
        seen["world"] = world(Path(path))
    return {"paths": found, "policy_digest": digest()}


def facts(path: str) -> dict:
    seen = os.lstat(path)
    return {
        "mode": f"{stat.S_IMODE(seen.st_mode):04o}",
        "owner": name(pwd.getpwuid, seen.st_uid),
        "group": name(grp.getgrgid, seen.st_gid),
        "folder": stat.S_ISDIR(seen.st_mode),
        "link": stat.S_ISLNK(seen.st_mode),
    }


def name(ask: object, number: int) -> str:
    try:
        return ask(number)[0]
    except KeyError:
        return str(number)


def world(path: Path) -> bool:
    """Whether any account of the machine can read it: itself, and every folder on the way."""
    seen = path.stat() if path.exists() else path.lstat()
    if not seen.st_mode & stat.S_IROTH:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


def digest() -> str:
    """The digest of the policy's content, however its JSON was laid out."""
    try:
        data = json.loads(POLICY.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
