"""Where this machine gets its Debian packages from, as its own apt configuration says."""

from __future__ import annotations

import platform

from ops.core.errors import Unavailable
from ops.core.run import run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
FIELDS = "$(CODENAME) $(COMPONENT) $(REPO_URI)"


def mirror() -> str:
    """Return the address of the Debian archive this machine uses; raise Unavailable when apt knows none."""
    targets = run(["apt-get", "indextargets", "--format", FIELDS, "Created-By: Packages"], timeout=60)
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    found = archive(targets.stdout, release)
    if found is None:
        raise Unavailable(
            f"apt on this machine has no Debian archive with {release} main",
            "add one and run `apt-get update`",
        )
    return found


def archive(targets: str, release: str) -> str | None:
    """Given apt's index targets, return the address that offers a release's main component."""
    for line in targets.splitlines():
        codename, component, address = line.split(maxsplit=2)
        if (codename, component) == (release, "main"):
            return address.rstrip("/")
    return None
