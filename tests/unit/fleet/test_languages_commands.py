"""Commands speak the site's language, or the one that is asked for; what programs read stays as it is."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from ops.cli import run
from ops.commands.server import record as on_server
from ops.core.verdict import Verdict
from ops.evidence.ledger import Ledger
from ops.fleet.inventory import Inventory
from ops.fleet.key_sheet import form
from ops.fleet.packaging import catalogues, deb
from ops.interfaces.fleet_status import FleetStatus, MachineStatus

sys.path.insert(0, str(Path(__file__).parent))
from test_record_command import drill
from test_record_command import site as collected  # noqa: F401 -- fixture
from test_runbook import edited, site, told  # noqa: F401 -- fixtures

pytestmark = pytest.mark.usefixtures("quick_inventory")
TROUBLE = "does not answer: timed out"


@pytest.fixture(autouse=True, scope="module")
def made() -> None:
    """Make what commands read, as set-up does; a checkout in which that was done has it already."""
    catalogues.make(deb.CHECKOUT)


def speaks(inventory: Path, language: str) -> None:
    edited(inventory, "group_vars/all/policy.yml", lambda data: data["policy__all"]["site"].update(language=language))


def test_a_record_in_the_language_of_the_site_or_the_one_that_is_asked_for(
    collected: Path,  # noqa: F811 -- the fixture
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["record", "his", "--on", "drill1", "-i", str(collected)]
    for language, title in (("cs", "Záznam o zkoušce obnovy: his"), ("zh_CN", "恢复演练记录\uff1ahis")):
        speaks(collected, language)
        assert run(words) == 0
        assert title in capsys.readouterr().out
    assert run([*words, "--language", "pt_BR"]) == 0
    assert "Registro de um teste de restauração: his" in capsys.readouterr().out
    assert run([*words, "--language", "en"]) == 0
    assert "Record of a drill: his" in capsys.readouterr().out
    assert run([*words, "--format", "json"]) == 0
    plain = capsys.readouterr().out
    assert json.loads(plain)
    assert run([*words, "--format", "json", "--language", "en"]) == 0
    assert capsys.readouterr().out == plain


def test_a_record_on_a_server_needs_no_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (tmp_path / "signers").write_text(f'drill1 namespaces="seawall-ledger" {key.with_suffix(".pub").read_text()}')
    Ledger(tmp_path / "ledger", key).append(drill("one"))
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    on_server.arguments(parser)
    words = ["his", "--directory", str(tmp_path / "ledger"), "--signers", str(tmp_path / "signers")]
    for more, title in (([], "Record of a drill: his"), (["--language", "cs"], "Záznam o zkoušce obnovy: his")):
        assert on_server.execute(parser.parse_args([*words, *more])) == 0
        assert title in capsys.readouterr().out


def test_the_report_and_the_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = {"his1": MachineStatus(verdict=Verdict.UNKNOWN, message=TROUBLE)}
    common = {"time": "2026-11-22T14:05:00Z", "verdict": Verdict.UNKNOWN, "machines": silent, "assets": {}}
    status = FleetStatus(**common, site="Nemocnice", timezone="Europe/Prague", language="cs")
    policy = {"policy__all": {"version": 1, "site": {"name": "Nemocnice"}}}
    for command in ("report", "status"):
        monkeypatch.setattr(f"ops.commands.control.{command}.collect", lambda *_, **__: status)
    monkeypatch.setattr("ops.fleet.inventory.read", lambda path: Inventory(path, {"his1": policy}, {}))
    monkeypatch.setattr("ops.commands.control.report.ledgers.collect", lambda _: {})
    monkeypatch.setenv("SEAWALL_INVENTORY", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert run(["status"]) == 3
    assert "Ne vše se podařilo zkontrolovat" in capsys.readouterr().out
    assert run(["report", "--html", "a.html", "--pdf", "a.pdf", "--language", "zh_CN"]) == 0
    assert "并非所有内容都能检查" in PdfReader("a.pdf").pages[0].extract_text()
    assert run(["report", "--html", "a.html"]) == 0
    page = Path("a.html").read_text()
    assert '<html lang="cs"' in page
    assert "22.11.2026 15:05" in page
    assert TROUBLE in page
    capsys.readouterr()
    assert run(["status", "--json"]) == 3
    plain = json.loads(capsys.readouterr().out)
    assert plain["site"] == {"name": "Nemocnice", "timezone": "Europe/Prague", "language": "cs"}


def test_runbook_and_key_sheet(told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    speaks(told, "pt_BR")
    password, sheet = tmp_path / "vault", tmp_path / "sheet"
    password.write_text("correct horse\n")
    vault = ["-i", str(told), "--vault-password-file", str(password)]
    assert run(["secrets", "make", str(told), *vault[2:]]) == 0
    assert run(["runbook", "-i", str(told), "--output", str(tmp_path / "runbook")]) == 0
    assert "to be known from elsewhere: 0" in capsys.readouterr().out
    text = " ".join((tmp_path / "runbook").read_text().split())
    assert "Só são necessários os blocos `O caminho de acesso`, `Os segredos do inventário` e o de" in text
    assert run(["keys", "sheet", *vault, "--with-vault", "--output", str(sheet)]) == 0
    assert "== O caminho de acesso ==" in sheet.read_text()
    found = form.read(sheet.read_text())
    assert (found.wrong, found.values["vault/phrase"]) == ([], "correct horse")
    assert run(["keys", "sheet", *vault, "--language", "cs", "--output", str(sheet)]) == 0
    assert "== Přístupová cesta ==" in sheet.read_text()
    assert form.read(sheet.read_text()).wrong == []


def test_a_language_that_there_is_not_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runbook", "--language", "de"]) == 2
    assert "'de' is not a language of Seawall; there are en, cs, pt_BR, zh_CN" in capsys.readouterr().err


def test_a_server_has_the_languages(tmp_path: Path) -> None:
    built = deb.build(tmp_path)
    subprocess.run(["dpkg-deb", "-x", built.path, tmp_path / "root"], check=True)
    words = "from ops.reports import languages as l; print([l.catalogue(one).gettext('Asset') for one in l.known()])"
    start = f"import sys; sys.path.insert(0, '{tmp_path}/root/usr/share/seawall'); {words}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", start], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['Asset', 'Aktivum', 'Ativo', '资产']"
