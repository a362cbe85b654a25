"""site.yml on a site that it has made: nothing is left to change, and what was bent is straightened.

That of fresh machines is in fresh/test_first_run.py.
"""

import pytest
from hospital import Site, changes

from ops.lab.identity import HOSTS

pytestmark = pytest.mark.lab


def test_a_lab_over_a_layer_is_converged(site: Site) -> None:
    """The layer holds what site.yml made of fresh machines: a second run changes nothing."""
    assert site.lab.layer
    assert changes(site.ansible().stdout) == dict.fromkeys(HOSTS, 0)


CLIENT = ("site.yml", "--limit", "his1", "--tags", "backup_client")
FOLDER = "/etc/seawall/credentials"


FAILS = """
cd /run/systemd/system && mkdir -p seawall-backup-documents.service.d
printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' >seawall-backup-documents.service.d/fail.conf
systemctl daemon-reload
systemctl start seawall-backup-documents.service
rm -r seawall-backup-documents.service.d
systemctl daemon-reload
"""
FAILED = "systemctl list-units --failed --no-legend --plain 'seawall-*'"


@pytest.fixture(scope="module")
def narrowed(site: Site) -> str:
    """The units of his1 while its policy lacks an asset whose last backup failed, and those that failed."""
    site.on("his1", FAILS)
    assert "seawall-backup-documents.service" in site.on("his1", FAILED).stdout
    policy = site.lab.inventory / "host_vars/his1/policy.yml"
    right = policy.read_text("utf-8")
    policy.write_text(right[: right.index("    documents:")] + right[right.index("  checks:") :], "utf-8")
    try:
        site.ansible(*CLIENT)
    finally:
        policy.write_text(right, "utf-8")
    return site.on("his1", f"systemctl list-unit-files --no-legend 'seawall-*'; {FAILED}").stdout


@pytest.fixture(scope="module")
def straightened(site: Site, narrowed: str) -> str:
    """What a run says that brings back what was bent by hand, secrets that are gone, and the asset."""
    bent = f"chmod 644 {FOLDER}/offsite.password && systemctl disable --now seawall-backup-his.timer"
    gone = f"rm {FOLDER}/primary.password {FOLDER}/reader-primary-drill1.password"
    site.on("his1", f"{bent} && {gone}", ok=range(1))
    return site.ansible(*CLIENT, "--diff", "-vvv").stdout


def test_units_of_an_asset_that_left_the_policy_go_and_come_back(site: Site, narrowed: str, straightened: str) -> None:
    assert "seawall-backup-his.timer" in narrowed
    assert "documents" not in narrowed
    assert "seawall-backup-documents.timer" in site.on("his1", "systemctl list-timers --no-legend").stdout


def test_what_was_bent_by_hand_is_straightened(site: Site, straightened: str) -> None:
    # The secrets, what describes the units of the asset, their start, and the timer.
    assert changes(straightened) == {"his1": 4}
    assert site.on("his1", f"stat -c %a {FOLDER}/offsite.password").stdout.strip() == "600"
    assert site.on("his1", "systemctl is-active seawall-backup-his.timer").stdout.strip() == "active"
    assert site.on("his1", "systemctl is-enabled seawall-backup-his.timer").stdout.strip() == "enabled"


def test_no_secret_is_shown(site: Site, straightened: str) -> None:
    """Not even where an administrator looks closely, while they are written."""
    for name in ("primary.password", "offsite.password", "reader-primary-drill1.password"):
        secret = site.on("his1", f"cat {FOLDER}/{name}").stdout.strip()
        assert secret
        assert secret not in straightened
