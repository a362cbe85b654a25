"""Secrets: everything the policy needs, nothing made twice, no value ever shown."""

import re
import shutil
import subprocess
from pathlib import Path

import bcrypt
import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ops import cli
from ops.fleet.secrets import authority


class Opened(yaml.SafeLoader):
    """Reads a file of secrets and opens what is sealed."""


def opened(loader, node):
    library = VaultLib([("default", VaultSecret(b"correct horse"))])
    return library.decrypt(loader.construct_scalar(node)).decode()


Opened.add_constructor("!vault", opened)


def read(inventory: Path, place: str) -> dict:
    return yaml.load((inventory / place / "secrets.yml").read_text(), Opened)


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "vault-password"
    path.write_text("correct horse\n")
    return path


def make(inventory: Path, password: Path, *more: str) -> int:
    words = ["secrets", "make", str(inventory), "--vault-password-file", str(password), *more]
    return cli.run(words)


@pytest.fixture
def made(inventory: Path, password: Path, quick_inventory: None, capsys: pytest.CaptureFixture[str]) -> Path:
    assert make(inventory, password) == 0
    return inventory


def test_the_client_gets_what_its_repositories_need(made):
    his1 = read(made, "host_vars/his1")
    assert set(his1) == {
        "seawall_repository_passwords",
        "seawall_reader_passwords",
        "seawall_accounts",
        "seawall_reader_accounts",
    }
    assert set(his1["seawall_repository_passwords"]) == {"primary", "offsite"}
    assert set(his1["seawall_reader_passwords"]["offsite"]) == {"drill1"}
    texts = re.findall(r"[a-z2-9]{40}", str(his1))
    assert len(texts) == len(set(texts)) == 8


def test_hashes_are_of_the_passwords_beside_them(made):
    his1 = read(made, "host_vars/his1")
    reader = his1["seawall_reader_accounts"]["primary"]["drill1"]
    for account in (his1["seawall_accounts"]["offsite"], reader):
        assert account["hash"].startswith("$2b$")
        assert bcrypt.checkpw(account["password"].encode(), account["hash"].encode())


@pytest.mark.parametrize("host", ["backup1", "offsite1"])
def test_a_backup_host_gets_a_certificate_that_openssl_accepts_for_its_name(made, tmp_path, host):
    everywhere, own = read(made, "group_vars/all"), read(made, f"host_vars/{host}")
    (tmp_path / "ca.pem").write_text(everywhere["seawall_authority_certificate"])
    (tmp_path / "host.pem").write_text(own["seawall_tls_certificate"])
    (tmp_path / "host.key").write_text(own["seawall_tls_key"])
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem"]
    for name, code in ((host, 0), ("elsewhere", 2)):
        words = [*verify, "-verify_hostname", name, "host.pem"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
    keys = [
        subprocess.run(words, cwd=tmp_path, capture_output=True, check=True).stdout
        for words in (
            ["openssl", "x509", "-in", "host.pem", "-noout", "-pubkey"],
            ["openssl", "pkey", "-in", "host.key", "-pubout"],
        )
    ]
    assert keys[0] == keys[1]


def test_a_second_run_changes_nothing(made, password, capsys):
    before = {path: path.read_bytes() for path in made.rglob("secrets.yml")}
    capsys.readouterr()
    assert make(made, password) == 0
    assert capsys.readouterr().out == "nothing is missing\n"
    assert {path: path.read_bytes() for path in made.rglob("secrets.yml")} == before


def test_only_what_is_missing_is_made(made, password, capsys):
    path = made / "host_vars/his1/secrets.yml"
    before = read(made, "host_vars/his1")
    lines = path.read_text().splitlines(keepends=True)
    start = lines.index("seawall_repository_passwords:\n")
    path.write_text("".join(lines[:start]) + "kept_by_hand: 1\n")
    capsys.readouterr()
    assert make(made, password) == 0
    after = read(made, "host_vars/his1")
    assert after["kept_by_hand"] == 1
    assert after["seawall_accounts"] == before["seawall_accounts"]
    assert set(after["seawall_repository_passwords"]) == {"primary", "offsite"}
    assert "created his1: seawall_repository_passwords.primary\n" in capsys.readouterr().out


def test_files_are_for_their_owner_only_and_hold_no_open_secret(made):
    files = list(made.rglob("secrets.yml"))
    assert len(files) == 4
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert "PRIVATE KEY" not in path.read_text()
    assert not list(made.rglob("*.tmp")) + list(made.rglob(".*"))


def test_values_are_never_printed(inventory, quick_inventory, password, capsys):
    assert make(inventory, password, "--json") == 0
    said = capsys.readouterr()
    values = re.findall(r"[a-z2-9]{40}", str(read(inventory, "host_vars/his1")))
    assert values
    assert not [value for value in values if value in said.out + said.err]


def test_a_dry_run_names_everything_and_writes_nothing(inventory, password, capsys, monkeypatch):
    monkeypatch.chdir(inventory.parent)  # what Ansible says is kept under the current folder
    assert make(inventory, password, "--dry-run") == 0
    assert "would create his1: seawall_accounts.primary\n" in capsys.readouterr().out
    assert not list(inventory.rglob("secrets.yml"))


def test_another_password_is_refused_and_nothing_is_written(made, tmp_path, capsys):
    shutil.rmtree(made / "host_vars/offsite1")
    (tmp_path / "other").write_text("wrong\n")
    assert make(made, tmp_path / "other") == 1
    said = capsys.readouterr().err
    assert "does not open 10 values" in said
    assert "group_vars/all/secrets.yml: seawall_authority_key" in said
    assert not (made / "host_vars/offsite1").exists()


def test_a_certificate_in_its_last_days_is_renewed(made, password, monkeypatch, capsys):
    before = read(made, "host_vars/backup1")
    monkeypatch.setattr(authority, "RENEW_BEFORE", authority.SERVER_AGE)
    capsys.readouterr()
    assert make(made, password) == 0
    assert read(made, "host_vars/backup1") != before
    made_names = capsys.readouterr().out
    assert "created backup1: seawall_tls_certificate" in made_names
    assert "seawall_authority" not in made_names


def test_half_a_pair_is_refused(made, password, capsys):
    path = made / "group_vars/all/secrets.yml"
    path.write_text("seawall_authority_certificate: x\n")
    assert make(made, password) == 2
    assert "but not seawall_authority_key" in capsys.readouterr().err


def test_a_secret_in_another_file_is_not_doubled(inventory, quick_inventory, password, capsys):
    (inventory / "host_vars/his1/mine.yml").write_text("seawall_accounts: {}\n")
    assert make(inventory, password) == 2
    assert "mine.yml" in capsys.readouterr().err


def test_a_wrong_policy_makes_no_secrets(inventory, quick_inventory, password, capsys):
    path = inventory / "host_vars/his1/policy.yml"
    path.write_text(path.read_text().replace("to: offsite", "to: offsit"))
    assert make(inventory, password) == 2
    assert "did you mean 'offsite'?" in capsys.readouterr().err
    assert not list(inventory.rglob("secrets.yml"))


def test_the_control_machine_gets_an_account_and_a_password_of_its_own(made, password, capsys):
    path = made / "group_vars/all/policy.yml"
    told = yaml.safe_load(path.read_text())
    retention = {"all": "60d"}
    told["policy__all"]["control"] = {
        "owner": "it_head", "repository": "offsite", "rpo": "8d", "rto": "4h", "retention": retention
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told))
    capsys.readouterr()
    assert make(made, password) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "created all: seawall_control_passwords.offsite",
        "created all: seawall_control_accounts.offsite",
    ]
    everywhere = read(made, "group_vars/all")
    account = everywhere["seawall_control_accounts"]["offsite"]
    assert bcrypt.checkpw(account["password"].encode(), account["hash"].encode())
    assert everywhere["seawall_control_passwords"]["offsite"] != account["password"]
    assert make(made, password) == 0
    assert capsys.readouterr().out == "nothing is missing\n"


def test_a_new_password_is_made_once_and_only_for_its_owner(inventory, tmp_path, quick_inventory, capsys):
    path = tmp_path / "new-password"
    assert make(inventory, path, "--new-password") == 0
    said = capsys.readouterr()
    assert f"created {path}" in said.err
    password = path.read_text()
    assert re.fullmatch(r"[a-z2-9]{40}\n", password)
    assert password.strip() not in said.out + said.err
    assert path.stat().st_mode & 0o777 == 0o600
    assert make(inventory, path, "--new-password") == 0
    said = capsys.readouterr()
    assert (said.out, path.read_text()) == ("nothing is missing\n", password)


def test_no_new_password_is_made_beside_what_another_one_sealed(made, tmp_path, capsys):
    path = tmp_path / "new-password"
    assert make(made, path, "--new-password") == 2
    assert "secrets sealed with its password" in capsys.readouterr().err
    assert not path.exists()


def test_a_new_password_that_cannot_be_written_is_told(inventory, tmp_path, quick_inventory, capsys):
    assert make(inventory, tmp_path / "nowhere/password", "--new-password") == 2
    assert "can't be written" in capsys.readouterr().err
