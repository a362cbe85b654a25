"""A backup host's own unit reads what a server stored there; a disk that changes a bit of it is found out."""

import json

import pytest
from hospital import Site

pytestmark = pytest.mark.lab

MEMORY = "/var/lib/seawall/state/scrub.sqlite"
# All that was read was read half a year ago; a bit of a pack is another one, and its times are as they were.
HURT = f"""
import os, pathlib, sqlite3
with sqlite3.connect("{MEMORY}") as link:
    link.execute("update file set read = read - 180 * 86400")
pack = next(path for path in sorted(pathlib.Path("/srv/seawall/his1/data").rglob("*")) if path.is_file())
seen, content = pack.stat(), bytearray(pack.read_bytes())
content[len(content) // 2] ^= 1
pack.chmod(0o600)
with pack.open("r+b") as file:
    file.write(content)
os.utime(pack, ns=(seen.st_atime_ns, seen.st_mtime_ns))
pack.chmod(seen.st_mode)
print(pack.relative_to("/srv/seawall/his1"))
"""


def hurt(site: Site) -> str:
    """Change a bit of a pack; doing it twice changes it back. Return its path below the repository."""
    return site.on("backup1", f"python3 - <<'END'\n{HURT}\nEND", ok=range(1)).stdout.strip()


def scrubbed(site: Site) -> tuple[int, list[str]]:
    """Let the unit read; return the exit code, and the paths of what is damaged."""
    done = site.on("backup1", "seawall repository scrub --json", ok=range(3))
    return done.code, [one["path"] for one in json.loads(done.stdout)["repositories"]["his1"]["damaged"]]


def test_a_bit_that_a_disk_has_changed_is_named_by_the_backup_host(site: Site) -> None:
    site.given("his1", "backup documents")
    assert scrubbed(site) == (0, [])
    path = hurt(site)
    try:
        assert scrubbed(site) == (2, [path])
    finally:
        assert hurt(site) == path
    assert scrubbed(site) == (0, [])
    owner = site.on("backup1", f"stat -c %U {MEMORY}", ok=range(1)).stdout.strip()
    assert owner == "seawall"
