"""The machines' ledgers on the control machine: they verify here, and a machine can't change them any more."""

import json
from collections.abc import Iterator

import pytest
from hospital import Site

THERE = "/var/lib/seawall/ledger"


@pytest.fixture(autouse=True)
def no_rounds(site: Site) -> Iterator[None]:
    """The rounds of checks leave records, too; none comes in between."""
    site.on("his1", "systemctl stop seawall-health.timer seawall-health.service", ok=range(1))
    yield
    site.on("his1", "systemctl start seawall-health.timer", ok=range(1))


def collected(site: Site, code: int) -> dict[str, dict[str, str]]:
    told = site.seawall("control", "collect", "-i", site.lab.inventory, "--json")
    assert told.code == code, told.stdout + told.stderr
    return dict(json.loads(told.stdout))


def test_ledgers_come_verify_here_and_a_changed_past_is_not_taken(site: Site) -> None:
    assert site.on("his1", "seawall backup agenda").code == 0
    assert site.on("drill1", "seawall drill agenda").code == 0
    assert site.on("lis1", "seawall backup theatre").code == 0
    assert {one["verdict"] for one in collected(site, 0).values()} == {"pass"}
    copy = site.lab.inventory / ".ledgers/his1"
    before = (copy / "ledger.jsonl").read_text("utf-8")
    assert before == site.on("his1", f"cat {THERE}/ledger.jsonl").stdout
    words = ("ledger", "verify", "--every", "--directory", copy, "--signers", site.lab.inventory / ".allowed_signers")
    assert site.seawall(*words).code == 0
    changed = f'mv {THERE}/ledger.jsonl /root/ledger && sed \'1s/"act":"/&un/\' /root/ledger >{THERE}/ledger.jsonl'
    site.on("his1", changed, ok=range(1))
    try:
        found = collected(site, 2)
    finally:
        site.on("his1", f"mv /root/ledger {THERE}/ledger.jsonl", ok=range(1))
    assert found["his1"]["verdict"] == "fail"
    assert "record 1 was changed" in found["his1"]["message"]
    assert found["drill1"]["verdict"] == "pass"
    assert (copy / "ledger.jsonl").read_text("utf-8") == before
    assert site.on("his1", "seawall backup agenda").code == 0
    assert {one["verdict"] for one in collected(site, 0).values()} == {"pass"}
    assert (copy / "ledger.jsonl").read_text("utf-8").startswith(before)


def test_a_machine_that_does_not_answer_is_unknown_and_its_copy_stays(site: Site) -> None:
    assert site.on("his1", "seawall backup agenda").code == 0
    with site.cut_off("drill1"):
        found = collected(site, 3)
    assert found["drill1"]["verdict"] == "unknown"
    assert found["his1"]["verdict"] == "pass"
