"""Mistakes in the words after `seawall`, and in the files that they name. Numbers: the first list's."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mistakes import ACCEPTED, Mistake, made
from mistakes.mistake import ALL, HOSTS
from warm_ansible import WarmAnsible

from ops import cli

Command = Callable[..., tuple[int, str]]
PASSWORD = "correct horse\n"
OUTPUTS = {
    "policy reference": ("policy", "reference"),
    "runbook": ("runbook", "-i", "SITE"),
    "runbook --html": ("runbook", "--html", "-i", "SITE"),
    "keys sheet": ("keys", "sheet", "-i", "SITE", "--vault-password-file", "VAULT"),
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return made(Mistake("", (), ACCEPTED), tmp_path)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    path = tmp_path / "vault"
    path.write_text(PASSWORD)
    return path


@pytest.fixture
def command(
    warm_ansible: WarmAnsible, site: Path, vault: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> Command:  # fmt: skip
    """Return what runs a command, and returns its code and all that it says."""
    monkeypatch.setattr("ops.fleet.inventory.CACHE", tmp_path / "cache")
    for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "SEAWALL_INVENTORY"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str | Path) -> tuple[int, str]:
        names = {"SITE": str(site), "VAULT": str(vault)}
        code = cli.run([names.get(str(word), str(word)) for word in words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


@pytest.fixture
def sealed(command: Command) -> Command:
    """The same, with the site's secrets made."""
    assert command("secrets", "make", "SITE", "--vault-password-file", "VAULT")[0] == 0
    return command


def refused(answer: tuple[int, str], *says: str, lines: int = 3) -> None:
    code, told = answer
    assert code != 0, told
    assert "Traceback" not in told
    assert all(text in told for text in says), told
    assert len(told.splitlines()) <= lines, told


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "program"])
def test_106_a_file_of_the_vault_s_password_that_holds_none(command: Command, tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "#!/bin/false\n")
        path.chmod(0o600 if kind == "empty" else 0o700)
    refused(command("secrets", "make", "SITE", "--vault-password-file", path), "no vault password", kind)


def test_107_another_password_than_the_vault_s(sealed: Command, site: Path, vault: Path) -> None:
    before = {path: path.read_bytes() for path in site.rglob("secrets.yml")}
    vault.write_text("another one\n")
    refused(sealed("secrets", "make", "SITE", "--vault-password-file", "VAULT"), "does not open", "nothing was written")
    assert {path: path.read_bytes() for path in site.rglob("secrets.yml")} == before


@pytest.mark.parametrize("words", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("where", ["no/folder/file", "", "file/below"])
def test_109_an_output_that_can_t_be_written(
    sealed: Command, tmp_path: Path, words: tuple[str, ...], where: str
) -> None:
    (tmp_path / "file").write_text("kept\n")
    refused(sealed(*words, "--output", tmp_path / where), str(tmp_path))
    assert (tmp_path / "file").read_text() == "kept\n"


def test_109_a_folder_for_packages_that_can_t_be_one(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept\n")
    refused(command("package", "build", "--output", tmp_path / "file/below"), str(tmp_path))


def test_110_words_that_a_command_does_not_know(command: Command) -> None:
    refused(command("policy", "chek", "SITE"), "chek", "check", lines=9)
    refused(command("policy", "show"), "host", lines=9)


def test_111_a_command_that_is_none(command: Command) -> None:
    refused(command("polcy", "check"), "did you mean 'policy'?")


def test_112_a_server_s_command_on_the_control_machine(command: Command) -> None:
    refused(command("backup", "his"), "server")


def test_114_a_key_sheet_before_there_are_keys(command: Command, tmp_path: Path) -> None:
    answer = command("keys", "sheet", "-i", "SITE", "--vault-password-file", "VAULT", "--output", tmp_path / "sheet")
    refused(answer, "seawall secrets make")


def test_114_a_key_sheet_into_a_pipe(sealed: Command) -> None:
    answer = sealed("keys", "sheet", "-i", "SITE", "--vault-password-file", "VAULT")
    refused(answer, "not a terminal")
    assert "PRIVATE" not in answer[1]


def test_115_a_runbook_without_a_control_machine(command: Command, site: Path) -> None:
    policy = site / ALL
    lines = policy.read_text().splitlines(keepends=True)
    begin = lines.index("  control:\n")
    policy.write_text("".join(lines[:begin] + lines[begin + 7 :]))
    refused(command("runbook", "-i", "SITE"), "control", "policy__all")


def test_116_a_check_of_a_site_with_sealed_secrets_and_no_password(sealed: Command) -> None:
    code, told = sealed("policy", "check", "SITE")
    assert code == 0, told


def test_22_an_inventory_that_is_not_there(command: Command, tmp_path: Path) -> None:
    nope = tmp_path / "nope"
    for words in (
        ("policy", "check", nope),
        ("secrets", "make", nope, "--vault-password-file", "VAULT"),
        ("runbook", "-i", nope),
    ):
        refused(command(*words), "there is no inventory", str(nope))


def test_23_an_inventory_of_no_hosts_makes_no_secrets(command: Command, site: Path) -> None:
    (site / HOSTS).unlink()
    refused(command("secrets", "make", "SITE", "--vault-password-file", "VAULT"), str(site))
    assert not list(site.rglob("secrets.yml"))
