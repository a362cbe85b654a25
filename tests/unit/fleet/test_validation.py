"""The validation protocol: what it concludes of a site, and that what is signed can be verified without Seawall."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from conforming import NOW, excusing, facts, packs, policies, proof
from evidence_site import Site

from ops import cli
from ops.commands.control import _options
from ops.core.verdict import Verdict
from ops.fleet.conformity.facts import Facts, Last
from ops.fleet.validation.gather import first_of, made
from ops.interfaces.conformity import Standing
from ops.interfaces.validation import Protocol
from ops.reports import validation

HEALTHY = facts(policies())
MET = [one for one in packs() if one.name == "cnrdd-m-it"]  # whose clauses all can be met
NAMES = {"protocol.html", "protocol.json", "protocol.pdf", "SHA256SUMS", "SHA256SUMS.sig", "signers"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with real keys, whose clock stands on the day after the last of what was recorded."""
    with pytest.MonkeyPatch.context() as patch:
        one = Site(tmp_path_factory.mktemp("site"), patch)
        patch.setattr(_options, "read_inventory", lambda _: one.inventory)
        yield one


def with_act(act: str, verdict: Verdict) -> Facts:
    """The healthy site with another newest record of an act on the database."""
    own = HEALTHY.ledgers["drill1"]
    last = Last(proof(act, "drill1", timedelta(hours=2)), verdict)
    return replace(
        HEALTHY, ledgers={**HEALTHY.ledgers, "drill1": replace(own, acts={**own.acts, (act, "his", ""): last})}
    )


def concluded(protocol: Protocol) -> tuple[Verdict, str]:
    return protocol.verdict, validation.conclusion(protocol)


def test_a_site_that_meets_everything_is_validated_without_a_deviation() -> None:
    protocol = made(HEALTHY, MET, {"his1": "bookworm"})
    assert [one for one in protocol.deviations if one.verdict is not Verdict.PASS] == []
    assert concluded(protocol) == (Verdict.PASS, "Every demand is met, and every test passed.")
    assert {(one.act, one.subject) for one in protocol.trials} >= {
        ("drill", "his"),
        ("oldest", "his"),
        ("recall", "his"),
    }
    (system,) = protocol.systems
    assert (system.name, system.kinds, system.owner, system.release) == (
        "his",
        ("postgresql",),
        "Head of IT",
        "bookworm",
    )
    page = validation.render(protocol)
    clauses = [clause for pack in protocol.conformity.packs for clause in pack.clauses]
    assert all(f"<b>{clause.number}</b>" in page for clause in clauses)
    assert all(control.digest in page for clause in clauses for control in clause.controls)
    assert page.count("<tr><td>Validated by</td>") == 1


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN])
@pytest.mark.parametrize("act", ["drill", "oldest", "recall"])
def test_a_test_that_was_not_good_is_a_deviation(act: str, verdict: Verdict) -> None:
    protocol = made(with_act(act, verdict), MET, {})
    assert (f"{act} his", verdict) in {(one.what, one.verdict) for one in protocol.deviations}
    assert protocol.verdict in {verdict, Verdict.FAIL}


def test_an_excused_clause_is_a_deviation_with_its_reason_and_end() -> None:
    name, number = "cnrdd-m-it", "M.4.3.3"
    used = packs({name: replace(excusing(number), document=packs()[0].use.document)})
    protocol = made(with_act("recall", Verdict.FAIL), used, {})
    clause = next(one for pack in protocol.conformity.packs for one in pack.clauses if one.number == number)
    assert clause.standing is Standing.EXCUSED
    (found,) = [one for one in protocol.deviations if one.what == f"{name}: {number}"]
    assert (found.until, "the disks are ordered" in found.reason) == ("2026-12-31", True)


def test_without_clauses_nothing_is_validated() -> None:
    verdict, words = concluded(made(HEALTHY, [], {}))
    assert (verdict, words[:31]) == (Verdict.UNKNOWN, "Not everything was looked at, s")


def test_without_a_single_test_nothing_is_validated() -> None:
    (used,) = MET
    one = replace(used, pack=replace(used.pack, clauses={"M.4.5.3": used.pack.clauses["M.4.5.3"]}))
    assert made(HEALTHY, [one], {}).verdict is Verdict.PASS
    idle = {host: replace(ledger, acts={}) for host, ledger in HEALTHY.ledgers.items()}
    assert made(replace(HEALTHY, ledgers=idle), [one], {}).verdict is Verdict.UNKNOWN


def test_a_ledger_that_does_not_verify_is_a_deviation() -> None:
    broken = replace(HEALTHY.ledgers["drill1"], trouble="the ledger of drill1 does not verify", acts={})
    protocol = made(replace(HEALTHY, ledgers={**HEALTHY.ledgers, "drill1": broken}), packs(), {})
    assert protocol.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    assert "the ledger of drill1 does not verify" in {one.reason for one in protocol.deviations}


def test_twelve_months_begin_the_day_after_a_year_before() -> None:
    assert first_of(date(2025, 12, 31)) == date(2025, 1, 1)
    assert first_of(date(2028, 2, 28)) == date(2027, 2, 28)
    assert first_of(date(2026, 10, 31)) == date(2025, 11, 1)


def write(site: Site, folder: Path, *words: str) -> int:
    asked = ["validation-protocol", "--until", "2026-10-31", "--key", str(site.own), "--out", str(folder)]
    return cli.run([*asked, *words])


def test_what_is_signed_verifies_without_seawall_and_a_change_is_noticed(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "protocol"
    assert write(site, folder) == 0
    assert {path.name for path in folder.iterdir()} == NAMES
    assert (folder / "protocol.pdf").read_bytes().startswith(b"%PDF")
    told = json.loads((folder / "protocol.json").read_text())
    assert [(one["act"], one["n"]) for one in told["trials"]] == [("drill", 3)]

    def verified() -> bool:
        words = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "validation", "-n", "seawall-validation"]
        with (folder / "SHA256SUMS").open() as digests:
            named = subprocess.run([*words, "-s", "SHA256SUMS.sig"], cwd=folder, stdin=digests, check=False)
        same = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=False)
        return (named.returncode, same.returncode) == (0, 0)

    assert verified()
    for name in ("protocol.html", "protocol.pdf", "SHA256SUMS"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content.replace(b"5", b"6", 1))
        assert not verified(), name
        (folder / name).write_bytes(content)
    assert write(site, folder) == 2, "what was signed is not replaced"
    assert write(site, tmp_path / "again") == 0
    assert {name: (folder / name).read_bytes() for name in NAMES} == {
        name: (tmp_path / "again" / name).read_bytes() for name in NAMES
    }


def test_a_dry_run_writes_nothing_and_a_year_that_is_not_over_is_refused(site: Site, tmp_path: Path) -> None:
    assert write(site, tmp_path / "none", "--dry-run") == 0
    assert not (tmp_path / "none").exists()
    words = ["validation-protocol", "--year", f"{NOW.year}", "--key", str(site.own), "--out", str(tmp_path / "none")]
    assert cli.run(words) == 2
    assert not (tmp_path / "none").exists()


def test_the_evidence_of_twelve_months_has_the_protocol(site: Site) -> None:
    files = site.contents("2025-11-01/2026-10-31").files
    assert {"validation/protocol.html", "validation/protocol.json", "validation/protocol.pdf"} <= {*files}
    assert not [name for name in site.contents("2026-10").files if name.startswith("validation/")]
