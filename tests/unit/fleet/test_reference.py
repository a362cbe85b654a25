"""The reference of the policy is what the types say today."""

from ops.fleet import reference
from ops.fleet.packaging.deb import CHECKOUT


def test_docs_policy_md_is_current():
    """When this fails: seawall policy reference --output docs/policy.md."""
    assert (CHECKOUT / "docs/policy.md").read_text() == reference.text()


def test_every_key_has_its_meaning():
    rows = [line for line in reference.text().splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert not [row for row in rows if row.endswith("|  |")]
