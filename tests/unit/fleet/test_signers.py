"""The keys of the machines' ledgers: the first is noted, another one waits for a person."""

from pathlib import Path

from ops.core.run import run
from ops.core.verdict import Verdict
from ops.evidence.keys import listed
from ops.fleet.ledgers import signers
from ops.fleet.status.answer import keys
from ops.interfaces.fleet_status import MachineStatus
from tests.states import told

OURS = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJMAuIYy5zPpQx5fR3FzCQYYzJ5zR5oQ8u1j2u3v4w5x"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPPuIYy5zPpQx5fR3FzCQYYzJ5zR5oQ8u1j2u3v4w5x"


def asked(path: Path, key: str) -> tuple[str, list[str]]:
    his1 = told(ledger={"lines": 3, "head": "a" * 64, "key": key})
    found = keys(path, {"his1": his1, "away": MachineStatus(verdict=Verdict.UNKNOWN, message="does not answer")})
    assert found["away"].told is None
    assert found["his1"].told is not None
    return found["his1"].verdict, [check.message for check in found["his1"].told.checks]


def test_the_first_key_is_noted_and_stays_known(tmp_path: Path) -> None:
    path = tmp_path / ".allowed_signers"
    verdict, (message,) = asked(path, OURS)
    assert (verdict, message.endswith("unverified: compare it on the machine")) == ("pass", True)
    assert asked(path, OURS) == ("pass", [])
    assert path.read_text() == f'his1 namespaces="seawall-ledger" {OURS}\n'


def test_another_key_warns_until_a_person_adds_it(tmp_path: Path) -> None:
    path = tmp_path / ".allowed_signers"
    asked(path, OURS)
    for _ in range(2):
        verdict, (message,) = asked(path, OTHER)
        assert verdict == "warn"
        assert "compare it with the succession" in message
    path.write_text(path.read_text() + f'his1 namespaces="seawall-ledger" {OTHER}\n')
    assert asked(path, OTHER) == ("pass", [])


def test_a_machine_that_hides_its_key_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / ".allowed_signers"
    assert asked(path, "") == ("pass", [])  # an older agent, before any key is known
    asked(path, OURS)
    assert asked(path, "")[0] == "unknown"


def test_what_a_machine_tells_adds_one_line_for_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / ".allowed_signers"
    for line in (f"{OURS}\nlis1 {OTHER}", f"{OURS} x", "* ssh-ed25519 AAAA", f"{OURS};"):
        signers.note(path, {"his1": line})
    assert not path.exists()


def test_the_list_is_one_that_ssh_keygen_reads(tmp_path: Path) -> None:
    path, key = tmp_path / ".allowed_signers", tmp_path / "key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    signers.note(path, {"his1": public, "lis1": OURS})
    assert listed(path, "his1") == [public]
    signature = run(["ssh-keygen", "-Y", "sign", "-q", "-n", "seawall-ledger", "-f", key], timeout=60, input="x").stdout
    (tmp_path / "sig").write_text(signature)
    words = ["ssh-keygen", "-Y", "verify", "-f", path, "-I", "his1", "-n", "seawall-ledger", "-s", tmp_path / "sig"]
    assert "Good" in run(words, timeout=60, input="x").stdout
    assert signers.judged(path, "lis1", public).verdict is Verdict.WARN
