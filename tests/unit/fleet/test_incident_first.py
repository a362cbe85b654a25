"""The first incident of a site makes the key of its ledger: once, and whole."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from incident_site import OPEN, Seawall, a_site, a_terminal, ledger, records  # noqa: F401 -- fixtures

from ops.core.run import run
from ops.evidence.verification import verify
from ops.fleet import inventory as inventories
from ops.fleet.incidents import write

pytestmark = pytest.mark.usefixtures("quick_inventory")


def test_all_that_are_opened_at_once_are_recorded(site: Path) -> None:
    read = write.Site.of(inventories.read(site))

    def opened(_: int) -> int:
        return write.open_(read, "1", "fire", ["his"], write.Teller("smoke"), "", "").n

    with ThreadPoolExecutor(6) as pool:
        numbers = sorted(pool.map(opened, range(6)))
    assert numbers == [1, 2, 3, 4, 5, 6]
    found = verify(ledger(site), site / ".control/etc/seawall/allowed_signers", host="control1")
    assert {one.verdict.value for one in found} == {"pass"}


def test_what_was_left_of_a_key_whose_maker_was_killed_is_no_hindrance(site: Path, seawall: Seawall) -> None:
    left = site / ".control/run/seawall/ledger.key"
    left.parent.mkdir(parents=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", left], timeout=60)
    left.with_suffix(".key.pub").unlink()
    assert seawall(*OPEN)[0] == 0
    assert len(records(site)) == 1
    assert not left.exists()
