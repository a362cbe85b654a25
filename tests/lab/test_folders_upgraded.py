"""A machine with the folders of the version before gets those of this one, and loses nothing."""

from collections.abc import Iterator

import pytest
from hospital import Site

pytestmark = pytest.mark.lab

# As version 0.1.0 left a drill host: all was the account's, and systemd was to keep it so.
BEFORE = """
systemctl stop seawall-health.timer seawall-health.service
sed -i -e 's|^StateDirectory=.*|StateDirectory=seawall|' -e 's|^CacheDirectory=.*|CacheDirectory=seawall|' \\
    -e 's|^RuntimeDirectory=.*|RuntimeDirectory=seawall|' /etc/systemd/system/seawall-health.service
systemctl daemon-reload
sed -i '/seawall seawall\\|seawall\\/root/d' /etc/tmpfiles.d/seawall.conf
chown seawall:seawall /var/lib/seawall /var/cache/seawall /run/seawall
runuser -u seawall -- mv /run/seawall/account /run/seawall/before
systemctl start seawall-health.service
"""
# The parts of the machine's answer that must not change: trees of root's, and what states and ledger hold.
KEPT = """
stat --format '%n %U:%G %a' /var/lib/seawall/drills /var/lib/seawall/trees /var/lib/seawall/trees/*/usr/bin/su
head -n 1 /var/lib/seawall/ledger/ledger.jsonl | sha256sum
ls /var/lib/seawall/state
"""
NOW = (
    "stat --format '%n %U:%G %04a' /var/lib/seawall /var/cache/seawall /run/seawall /run/seawall/* /var/cache/seawall/*"
)


@pytest.fixture(scope="module")
def upgraded(site: Site) -> Iterator[tuple[str, str]]:
    """What was kept before and after the role ran; then the unit's timer came, before its own role wrote it anew."""
    begun = "test -s /var/lib/seawall/ledger/ledger.jsonl || seawall ledger attest folders --statement kept --by tests"
    site.on("drill1", begun, ok=range(1))
    before = site.on("drill1", f"{BEFORE}{KEPT}").stdout
    assert "seawall:seawall" in site.on("drill1", "stat --format '%U:%G' /run/seawall /var/lib/seawall").stdout
    site.ansible("site.yml", "--limit", "drill1", "--tags", "agent")
    site.on("drill1", "systemctl start seawall-health.service")
    yield before, site.on("drill1", KEPT).stdout
    site.on("drill1", "rm -rf /run/seawall/before; systemctl start seawall-health.timer")


def test_nothing_is_lost_and_trees_stay_roots(upgraded: tuple[str, str]) -> None:
    before, after = upgraded
    assert before == after
    assert "/usr/bin/su root:root 4755" in after


def test_the_folders_are_those_of_this_version(site: Site, upgraded: tuple[str, str]) -> None:
    seen = dict(line.split(maxsplit=1) for line in site.on("drill1", NOW).stdout.splitlines())
    assert seen["/var/lib/seawall"] == seen["/run/seawall"] == seen["/var/cache/seawall"] == "root:seawall 0750"
    assert seen["/run/seawall/root"] == seen["/var/cache/seawall/root"] == "root:root 0700"
    assert seen["/run/seawall/account"] == seen["/var/cache/seawall/restic"] == "seawall:seawall 0750"


def test_states_and_ledger_are_read_and_written_on(site: Site, upgraded: tuple[str, str]) -> None:
    assert site.on("drill1", "seawall ledger verify").code == 0
    newer = "find /var/lib/seawall/state/health.json -newer /etc/tmpfiles.d/seawall.conf -user seawall"
    assert site.on("drill1", newer).stdout
    assert site.on("drill1", "systemctl show --property=Result --value seawall-health.service").stdout == "success\n"
