"""NUT on a real machine: what a restart of upsd leaves behind."""

import pytest
from hospital import Site

pytestmark = pytest.mark.lab
RUN = "systemctl show --property=InvocationID --value nut-driver@mains.service"
ANSWERS = "for second in $(seq 60); do upsc mains ups.status 2>&1 | grep -qx OL && exit 0; sleep 1; done; exit 1"


@pytest.mark.parametrize("act", ["restart nut-server", "stop nut-server; systemctl start nut-server"])
def test_no_driver_keeps_a_connection_that_upsd_has_closed(site: Site, act: str) -> None:
    """One of NUT 2.8.0 that does would use a whole processor."""
    before = site.on("his1", RUN, ok=range(1)).stdout
    site.on("his1", f"systemctl {act}", ok=range(1))
    assert site.on("his1", ANSWERS, timeout=120).code == 0
    after = site.on("his1", RUN, ok=range(1)).stdout
    assert before.strip()
    assert after.strip()
    assert after != before
    assert site.on("his1", "systemctl is-active nut-driver@mains nut-server nut-monitor").code == 0
