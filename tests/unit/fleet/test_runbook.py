"""The runbook: made of policy and inventory; what it can't know is marked, counted and named."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from pypdf import PdfReader

from ops.cli import run
from ops.core import clock
from ops.core.run import run as program
from ops.core.verdict import Verdict
from ops.fleet.control_machine import host_facts, identity
from ops.fleet.facts.machine import Machine
from ops.fleet.runbook import render
from ops.fleet.runbook.machine import order
from ops.fleet.ssh.ask import Answer

pytestmark = pytest.mark.usefixtures("quick_inventory")
HOSTS = ("his1", "backup1", "offsite1", "drill1")
CONTROL = {"owner": "it_head", "repository": "offsite", "rpo": "8d", "rto": "4h", "retention": {"all": "60d"}}


def edited(inventory: Path, file: str, change) -> None:
    path = inventory / file
    data = yaml.safe_load(path.read_text())
    change(data)
    path.write_text(yaml.safe_dump(data))


@pytest.fixture
def site(inventory: Path) -> Path:
    edited(inventory, "group_vars/all/policy.yml", lambda data: data["policy__all"].update(control=dict(CONTROL)))
    return inventory


@pytest.fixture
def told(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the site one of which all is known."""
    key = site / "key"
    program(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)

    def complete(data: dict) -> None:
        data["policy__all"]["contacts"]["dba"]["phone"] = "+55 11 5555 0101"
        data["policy__all"]["control"]["safe"] = "The director's safe"

    edited(site, "group_vars/all/policy.yml", complete)
    said = {host: Answer(Machine().process(_told(host).splitlines())) for host in HOSTS}
    home = identity.folder(site)
    home.mkdir()
    assert all(one.verdict is Verdict.PASS for one in host_facts.note(site, home, said).values())
    reached = {
        host: {"ansible_host": f"192.0.2.{n}", "ansible_ssh_private_key_file": str(key)}
        for n, host in enumerate(HOSTS, 1)
    }
    monkeypatch.setattr("ops.fleet.inventory.Inventory.connection", lambda _, host: reached[host])
    return site


def _told(host: str) -> str:
    signer = f"signer ssh-ed25519 AAAA{host}"
    size = "cpus 2\nmemory_kib 4000000\ndisk / 9000"
    return f"release bookworm\n{size}\npackage nginx\nsource http://m bookworm main\n{signer}\n"


def page(site: Path) -> str:
    return render.text(gathered := render.gathered(site), render.written(gathered))


def test_a_site_of_which_all_is_known_has_no_findings(told: Path) -> None:
    text = page(told)
    assert "[KNOW" not in text
    assert "0 findings." in text
    assert [host for host in HOSTS if f"ssh-ed25519 AAAA{host}" not in text] == []


def test_what_nobody_told_is_marked_and_counted(site: Path) -> None:
    text = " ".join(page(site).split())
    last = text.partition("WHAT YOU MUST KNOW FROM ELSEWHERE")[2]
    marks = set(re.findall(r"\[KNOW: [^\]]*\]", text))
    assert marks == set(re.findall(r"\[KNOW: [^\]]*\]", last))
    assert f"{len(marks)} findings." in last
    for wanted in ("key sheet", "telephone of Database", "packages of his1", "address of backup1", "key of his1"):
        assert any(wanted in mark for mark in marks), wanted
    assert "in: his1" in last


def test_each_single_thing_not_known_is_a_finding(told: Path) -> None:
    gathered = render.gathered(told)
    bare = {name: facts for name, facts in gathered.facts.items() if name != "his1"}
    keyless = {name: line for name, line in gathered.signers.items() if name != "drill1"}
    strange = gathered.facts | {"his1": replace(gathered.facts["his1"], packages=("vendor",), brought=("vendor",))}
    for changed, wanted in (
        (replace(gathered, facts=bare), "packages of his1"),
        (replace(gathered, signers=keyless), "the ledger key of drill1"),
        (replace(gathered, facts=strange), "where the package vendor comes from"),
    ):
        assert wanted in render.written(changed)[-1].said[1]


def test_machines_come_back_in_order_and_the_surviving_one_is_left_alone(told: Path) -> None:
    assert order(render.gathered(told)) == ["backup1", "his1", "drill1"]


def test_only_what_has_a_copy_off_site_is_restored_and_the_rest_named_as_lost(told: Path) -> None:
    asset = yaml.safe_load((told / "host_vars/his1/policy.yml").read_text())["policy__host"]["assets"]["his"]
    local = {name: value for name, value in asset.items() if name not in {"copies", "drill"}}
    local["sources"] = {"files": {"kind": "files", "options": {"paths": ["/srv/agenda"]}}}
    edited(told, "host_vars/his1/policy.yml", lambda data: data["policy__host"]["assets"].update(agenda=local))
    text = page(told)
    assert "seawall restore his --from offsite --in-place --confirm his --with-logins\n" in text
    assert "seawall restore agenda" not in text
    assert "agenda on his1" in text.partition("WHAT IS LOST WITH THE SITE")[2]


def test_lost_databases_are_made_where_the_policy_expects_them(told: Path) -> None:
    places: dict[str, dict[str, object]] = {
        "usual": {},
        "second": {"port": 5433},
        "elsewhere": {"socket": "/run/lis"},
        "contained": {"container": "lis-db", "engine": "docker"},
    }

    def change(data: dict) -> None:
        assets = data["policy__host"]["assets"]
        local = {name: value for name, value in assets["his"].items() if name not in {"copies", "drill"}}
        for name, place in places.items():
            source = {"kind": "postgresql", "options": {"database": name, **place}}
            assets[name] = {**local, "sources": {"database": source}}

    edited(told, "host_vars/his1/policy.yml", change)
    lines = [line.strip() for line in page(told).splitlines() if "createdb" in line]
    assert lines == [
        "docker exec --user=postgres lis-db createdb -- contained",
        "runuser -u postgres -- createdb -- usual",
        "runuser -u postgres -- createdb --host=/run/lis -- elsewhere",
        "runuser -u postgres -- createdb --port=5433 -- second",
    ]


def test_people_on_paper_and_the_order_of_urgency(told: Path) -> None:
    def change(data: dict) -> None:
        assets = data["policy__host"]["assets"]
        urgent = {**assets["his"], "rto": "15min", "without": "The red folder"}
        urgent.pop("drill")
        urgent["sources"] = {"database": {"kind": "postgresql", "options": {"database": "urgent"}}}
        assets["urgent"] = urgent

    edited(told, "host_vars/his1/policy.yml", change)
    text = page(told)
    assert "): The red folder." in " ".join(text.split())
    assert text.index("restore urgent") < text.index("restore his ")


def test_it_holds_no_secret_and_is_the_same_as_a_page(told: Path, tmp_path: Path, capsys) -> None:
    password = tmp_path / "vault"
    password.write_text("correct horse\n")
    assert run(["secrets", "make", str(told), "--vault-password-file", str(password)]) == 0
    assert run(["runbook", "-i", str(told), "--html", "--output", str(tmp_path / "page.html")]) == 0
    assert "to be known from elsewhere: 0" in capsys.readouterr().out
    html = (tmp_path / "page.html").read_text()
    assert "seawall restore his --from offsite" in html
    sheet = tmp_path / "sheet"
    assert run(["keys", "sheet", "-i", str(told), "--vault-password-file", str(password), "--output", str(sheet)]) == 0
    groups = re.findall(r"password/\dof2 (\S{5}) ", sheet.read_text())
    assert groups
    assert not [group for group in groups if group in html or group in page(told)]


def test_the_sheet_is_refused_where_it_would_not_stay_secret(told: Path, tmp_path: Path, capsys) -> None:
    password = tmp_path / "vault"
    password.write_text("correct horse\n")
    words = ["keys", "sheet", "-i", str(told), "--vault-password-file", str(password)]
    run(["secrets", "make", str(told), "--vault-password-file", str(password)])
    capsys.readouterr()
    assert run(words) == 3
    said = capsys.readouterr()
    assert "is not a terminal" in said.err
    assert said.out == ""
    assert run([*words, "--output", str(tmp_path / "sheet"), "--with-vault"]) == 0
    assert (tmp_path / "sheet").stat().st_mode & 0o777 == 0o600
    assert "vault/phrase correct horse " in (tmp_path / "sheet").read_text()
    ledger = (identity.folder(told) / "var/lib/seawall/ledger/ledger.jsonl").read_text()
    assert '"act":"key-sheet"' in ledger
    values = re.findall(r"(\S{5} \S{5}) ", (tmp_path / "sheet").read_text())
    assert not [value for value in values if value.replace(" ", "") in ledger]


def test_a_sheet_that_names_nothing_fails_and_is_recorded(told: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "typed").write_text("offsite/control/password/1of2 abcde fghij 0000\n")
    assert run(["keys", "check", str(tmp_path / "typed"), "-i", str(told)]) == 2
    assert "differs from the printed line" in capsys.readouterr().out
    ledger = (identity.folder(told) / "var/lib/seawall/ledger/ledger.jsonl").read_text()
    assert '"act":"key-test"' in ledger
    assert '"result":"fail"' in ledger


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"repository": "primary"}, "expected a repository that survives the loss of the site"),
        ({"repository": "offsit"}, "did you mean 'offsite'"),
        ({"owner": "nobody"}, "there is no contact 'nobody'"),
        ({"name": "his1"}, "is a host of the inventory"),
        ({"paths": ["root/.ssh"]}, "expected an absolute path"),
    ],
)
def test_a_control_machine_that_would_be_lost_is_refused(site: Path, change: dict, said: str, capsys) -> None:
    edited(site, "group_vars/all/policy.yml", lambda data: data["policy__all"]["control"].update(change))
    assert run(["policy", "check", str(site)]) == 2
    assert said in capsys.readouterr().err


def test_two_control_machines_are_refused(site: Path, capsys) -> None:
    other = {**CONTROL, "rto": "8h"}
    edited(site, "host_vars/his1/policy.yml", lambda data: data["policy__host"].update(control=other))
    assert run(["policy", "check", str(site)]) == 2
    assert "define it in policy__all" in capsys.readouterr().err


def test_without_a_place_for_the_control_machine_there_is_no_runbook(inventory: Path, capsys) -> None:
    assert run(["runbook", "-i", str(inventory)]) == 2
    assert "add `control` to policy__all" in capsys.readouterr().err


def checked(site: Path, capsys) -> tuple[int, str]:
    code = run(["control", "check", "-i", str(site)])
    return code, capsys.readouterr().out


def test_the_age_of_the_control_machines_copy_is_judged(told: Path, capsys) -> None:
    assert checked(told, capsys) == (2, "fail     control: control has never been backed up\n")
    state = identity.folder(told) / "var/lib/seawall/state/backup-control.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    for days, code in ((7, 0), (9, 2)):
        when = clock.iso(clock.now() - timedelta(days=days))
        state.write_text(json.dumps({"version": 1, "kind": "backup", "verdict": "pass", "last_good": {"time": when}}))
        assert checked(told, capsys)[0] == code
    state.write_text("{")
    assert checked(told, capsys)[0] == 3


def test_the_page_as_a_pdf_has_every_chapter(told: Path, tmp_path: Path) -> None:
    assert run(["runbook", "--pdf", "--output", str(tmp_path / "runbook.pdf"), "-i", str(told)]) == 0
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(tmp_path / "runbook.pdf").pages]
    for chapter in render.written(render.gathered(told)):
        assert chapter.title in " ".join(pages)
    assert all("Runbook of Test hospital" in page for page in pages)
