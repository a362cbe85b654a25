"""QEMU lies only on a drill host where a machine of the policy is drilled with its own kernel."""

import pytest

from ops.fleet.inventory.check import judge
from ops.policy.compile import document, read_document
from ops.policy.units import boots_disks

pytestmark = pytest.mark.usefixtures("quick_inventory")
MACHINE = """
    his1_server:
      owner: it_head
      sources:
        tree: {kind: machine, options: {clusters: [5432]}}
      repository: primary
      schedule: "*-*-* 03:00:00"
      rpo: 26h
      rto: 8h
      retention: {all: 14d}
      drill: {kind: KIND, host: drill1, every: 31d, options: {own_kernel: ASKED}}
"""


@pytest.mark.parametrize(
    ("kind", "asked", "wanted"), [("machine", "true", True), ("machine", "false", False), ("crash", "true", False)]
)
def test_a_drill_host_boots_disks_where_the_policy_asks_for_it(inventory, kind, asked, wanted):
    path = inventory / "host_vars/his1/policy.yml"
    more = MACHINE.replace("KIND", kind).replace("ASKED", asked)
    path.write_text(path.read_text().replace("  exceptions:", f"{more.strip(chr(10))}\n  exceptions:"))
    policies = judge(inventory)[0]
    assert boots_disks(read_document(document(policies["drill1"]))) is wanted
    assert not boots_disks(read_document(document(policies["his1"])))
