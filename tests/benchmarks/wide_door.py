"""A backup host's door that lets a machine have several repositories, as a benchmark needs and no site may."""

from collections.abc import Iterator
from contextlib import contextmanager

from ops.lab.machine import Machine

CONF = "/etc/seawall-writers/nginx.conf"
RESTART = "systemctl restart seawall-writers; until ss -Htln | grep -q :8000; do sleep 0.1; done"
WIDER = r"""sed -i 's#"^/\[^/\]+/(?:(?:data#"^/[^/]+/(?:[a-z0-9-]+/)?(?:config|(?:data#' """


@contextmanager
def wide(backup: Machine) -> Iterator[None]:
    """Open the door wider for a block, and close it again."""
    backup.ssh(f"[ -e {CONF}.kept ] || cp -a {CONF} {CONF}.kept; {WIDER} {CONF}; {RESTART}")
    try:
        yield
    finally:
        backup.ssh(f"mv {CONF}.kept {CONF}; {RESTART}")
