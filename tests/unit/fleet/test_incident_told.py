"""What collected ledgers tell of incidents: failed checks propose them, and a machine's alarm was acknowledged."""

from pathlib import Path

import pytest
from incident_site import Seawall, a_site, a_terminal, ledger, opened  # noqa: F401 -- fixtures

from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger

pytestmark = pytest.mark.usefixtures("quick_inventory")


def collected(site: Path, *bodies: dict, host: str = "his1") -> None:
    """Lay down the ledger of a machine as it was collected."""
    key = site / f"{host}.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    with (site / ".allowed_signers").open("a") as listed:
        listed.write(f'{host} namespaces="seawall-ledger" {key.with_suffix(".key.pub").read_text()}')
    for body in bodies:
        Ledger(site / f".ledgers/{host}", key).append({"host": host, "actor": "unit:x", "subject": "x", **body})


def looked(**loud: str) -> dict:
    facts = {"passed": ["memory"], "loud": loud}
    return {"act": "check", "result": "fail" if loud else "pass", "message": "", "facts": facts}


def test_a_failed_check_with_a_class_proposes(site: Path, seawall: Seawall) -> None:
    collected(site, looked(root_disk="fail", memory="fail"))
    code, out, _ = seawall("list")
    assert code == 0
    assert "his1: root_disk fails since" in out
    assert "seawall incident open --class class_1 --kind KIND --affected his1,root_disk TEXT" in out
    assert "memory" not in out  # no rule gives it a class
    assert not ledger(site).exists()  # it only proposes
    assert seawall("open", "--class", "1", "--kind", "power", "--affected", "his1", "x")[0] == 0
    assert "root_disk" not in seawall("list")[1]


def test_an_open_incident_hides_no_failure_of_another_machine(site: Path, seawall: Seawall) -> None:
    for host in ("his1", "backup1"):
        collected(site, looked(root_disk="fail"), host=host)
    assert seawall("open", "--class", "1", "--kind", "power", "--affected", "his1,root_disk", "x")[0] == 0
    out = seawall("list")[1]
    assert "his1: root_disk fails since" not in out
    assert "--affected backup1,root_disk TEXT" in out
    assert seawall("open", "--class", "1", "--kind", "power", "--affected", "root_disk", "on all of them")[0] == 0
    assert "root_disk fails since" not in seawall("list")[1]


def test_an_open_incident_of_one_check_hides_no_other_check_of_its_machine(site: Path, seawall: Seawall) -> None:
    collected(site, looked(root_disk="fail"))
    assert seawall("open", "--class", "1", "--kind", "power", "--affected", "his1,memory", "x")[0] == 0
    assert "his1: root_disk fails since" in seawall("list")[1]


def test_a_healthy_site_proposes_nothing_and_says_whom_nobody_looked_at(site: Path, seawall: Seawall) -> None:
    collected(site, looked(root_disk="fail"), looked())
    out = seawall("list")[1]
    assert "propose" not in out
    assert "nobody knows whether checks failed on backup1, drill1, offsite1 (no ledger" in out


def test_the_acknowledgement_of_the_alarm_stands_in_the_timeline(site: Path, seawall: Seawall) -> None:
    facts = {"incident": 3, "by": "dba", "until": "2026-11-22T12:00:00Z"}
    ack = {"act": "acknowledgement", "subject": "incident 3", "result": "pass", "message": "on it", "facts": facts}
    collected(site, {**ack, "subject": "incident 4", "message": "another"}, ack)
    number = str(opened(seawall, "--alarm", "his1/3"))
    out = seawall("show", number)[1]
    assert "dba sees to the alarm until" in out
    assert "on it" in out
    assert "another" not in out
    assert f"seawall ack 3 --reason 'incident {number}'" in out
    path = site / ".ledgers/his1" / NAME
    path.write_bytes(path.read_bytes().replace(b"on it", b"of it"))
    _, out, err = seawall("show", number)
    assert "sees to the alarm" not in out
    assert "the ledger of his1 does not verify" in err
