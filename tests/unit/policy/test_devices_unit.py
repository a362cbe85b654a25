"""The look at the devices is made where a check judges it, as root, and locked in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from systemd_units import complaints, written

from ops.core.run import run
from ops.health.disk import Options as Disk
from ops.health.smart import Options as Smart
from ops.health.zfs import Options as Zfs
from ops.policy.model import CheckSpec, HostPolicy, Site

NAME = "seawall-devices.service"


def texts(**checks: CheckSpec) -> dict[str, str]:
    return written(HostPolicy(1, "his1", Site("Test"), checks=checks))


@pytest.mark.parametrize("spec", [CheckSpec("smart", Smart()), CheckSpec("zfs", Zfs())])
def test_there_is_one_where_a_check_needs_it(spec: CheckSpec) -> None:
    assert {NAME, "seawall-devices.timer"} <= texts(one=spec).keys()
    assert NAME not in texts(one=CheckSpec("disk", Disk()))


def test_systemd_takes_it_and_finds_it_locked_in(tmp_path: Path) -> None:
    text = texts(disks=CheckSpec("smart", Smart()))[NAME]
    assert complaints({NAME: text}, tmp_path / "units") == []
    words = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(tmp_path / "units" / NAME)]
    said = run(words, timeout=60, ok=range(256)).stdout
    exposure = re.search(r"exposure level for \S+ (\d+\.\d)", said)
    assert exposure, said
    assert float(exposure[1]) <= 3.5


def test_it_reaches_disks_and_nothing_of_ours() -> None:
    lines = texts(disks=CheckSpec("smart", Smart()))[NAME].splitlines()
    assert "User=root" in lines
    assert "PrivateNetwork=yes" in lines
    assert "InaccessiblePaths=-/etc/seawall -/var/lib/seawall -/var/cache/seawall -/srv" in lines
    assert [line for line in lines if line.startswith("LoadCredential")] == []
    assert [line for line in lines if line.startswith("CapabilityBoundingSet")] == [
        "CapabilityBoundingSet=CAP_SYS_RAWIO CAP_SYS_ADMIN"
    ]
    assert "StateDirectory=seawall-devices" in lines
    assert not [line for line in lines if "seawall/state" in line]
