"""Whether paper and holders have the keys that open, who tested the sheet, and sealing it with the real GnuPG."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from healthy import quick

from ops import cli
from ops.core import clock
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.fleet.inventory import Inventory
from ops.fleet.key_sheet import given, keys, sealing, standing
from ops.fleet.secrets.unlocked import UnlockedSecrets
from ops.interfaces.fleet_status import DutyStatus

CONTROL = {"owner": "it", "repository": "offsite", "rpo": "8d", "rto": "4h", "retention": {"all": "60d"}}
PEOPLE = ("anna", "boris", "claudia")


class Site:
    """An inventory with its secrets, and a few words to it."""

    def __init__(self, folder: Path, inventory: Path) -> None:
        self.folder, self.inventory = folder, inventory
        (folder / "vault").write_text("correct horse\n")
        self.control()
        assert self.run("secrets", "make") == 0

    def control(self, **more: object) -> None:
        path = self.inventory / "group_vars/all/policy.yml"
        told = yaml.safe_load(path.read_text())
        contacts = told["policy__all"]["contacts"]
        contacts |= {name: {"name": name.title()} for name in (*PEOPLE, "it") if name not in contacts}
        told["policy__all"]["control"] = {**CONTROL, **more}
        path.write_text(yaml.safe_dump(told))

    def run(self, *words: str) -> int:
        vault = [] if words[1] in {"due", "check"} else ["--vault-password-file", str(self.folder / "vault")]
        return cli.run([*words, "-i", str(self.inventory), *vault])

    def read(self) -> Inventory:
        return quick(self.inventory)

    def print_sheet(self) -> None:
        assert self.run("keys", "sheet", "--output", str(self.folder / "sheet")) == 0

    def seal(self, *words: str) -> int:
        return self.run("keys", "seal", "--output", str(self.folder / "keys.asc"), *words)

    def rotated(self) -> None:
        """Change a password as the inventory has it once the old one opens nothing any more."""
        turnover = UnlockedSecrets(self.read(), self.folder / "vault").turnover("his1", "offsite")
        turnover.begin()
        turnover.switch()
        assert self.stands().verdict is not Verdict.FAIL  # the old one opens still
        UnlockedSecrets(self.read(), self.folder / "vault").turnover("his1", "offsite").end()

    def stands(self, **later: int) -> DutyStatus:
        read = self.read()
        (one,) = standing.standing(read.path, read.policies(), clock.now() + timedelta(**later))
        return one


@pytest.fixture
def site(inventory: Path, tmp_path: Path, quick_inventory: None, monkeypatch: pytest.MonkeyPatch) -> Site:
    """With a clock that is a second further at each look: nobody prints and tests in the same one."""
    looks, now = itertools.count(), clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=next(looks)))
    return Site(tmp_path, inventory)


def judged_test(site: Site, who: str, opened: list[str] | None = None) -> str:
    """Let somebody have tested the sheet; return why that does not count."""
    read = site.read()
    return keys._counts(read, who, opened or [*given.marks(read.path, read.policies())])


def test_a_site_whose_sheet_was_never_printed_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.run("keys", "due") == 1
    assert "never done; no key sheet was printed" in capsys.readouterr().out


def test_a_sheet_is_tested_by_somebody_else_within_two_weeks_and_then_each_year(site: Site) -> None:
    site.print_sheet()
    assert site.stands().verdict is Verdict.WARN
    assert site.stands(days=15).verdict is Verdict.FAIL
    printer = given.read(given.place(site.inventory)).paper.by
    assert "somebody else" in judged_test(site, printer)
    assert "was not typed" in judged_test(site, "Boris", ["offsite/control"])
    assert site.stands(days=15).verdict is Verdict.FAIL
    assert judged_test(site, "Boris") == ""
    assert (site.stands().verdict, site.stands().by, site.stands().message) == (Verdict.PASS, "Boris", "")
    assert site.stands(days=350).verdict is Verdict.PASS
    assert site.stands(days=352).verdict is Verdict.WARN
    assert site.stands(days=366).verdict is Verdict.FAIL
    site.control(key_test="180d")
    assert site.stands(days=181).verdict is Verdict.FAIL
    site.print_sheet()
    assert site.stands().verdict is Verdict.WARN


def test_a_sheet_that_is_older_than_a_key_is_named(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.print_sheet()
    assert judged_test(site, "Boris") == ""
    assert site.run("keys", "due") == 0
    site.rotated()
    assert site.run("keys", "due") == 2
    assert "is older than the keys of offsite/his1: print a new one" in capsys.readouterr().out
    site.print_sheet()
    assert "older" not in site.stands().message


def test_what_is_noted_is_no_secret(site: Site) -> None:
    site.print_sheet()
    text = given.place(site.inventory).read_text()
    opened = UnlockedSecrets(site.read(), site.folder / "vault")
    for door in opened.away():
        assert door.password not in text
        assert door.account_password not in text


# --- holders ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> Iterator[dict[str, Path]]:
    """The folders of GnuPG of three persons, each with a key of their own."""
    if shutil.which("gpg") is None or shutil.which("gpg-agent") is None:
        pytest.fail("gpg is not there; `make setup` installs it")
    with tempfile.TemporaryDirectory(prefix="gpg-") as folder:  # short: it holds sockets
        homes = {name: Path(folder, name) for name in PEOPLE}
        for name, home in homes.items():
            home.mkdir(mode=0o700)
            gpg(home, "--passphrase", "", "--quick-generate-key", name, "future-default", "default", "never")
        yield homes
        for home in homes.values():
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)


def gpg(home: Path, *words: str | Path, ok: bool = True) -> str:
    done = subprocess.run(["gpg", "--batch", "--homedir", home, *words], check=False, capture_output=True, text=True)
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout


@pytest.fixture
def held(site: Site, people: dict[str, Path]) -> Site:
    folder = site.inventory / ".holders"
    folder.mkdir()
    for name, home in people.items():
        (folder / f"{name}.asc").write_text(gpg(home, "--armor", "--export", name))
    site.control(holders=["anna", "boris"])
    return site


def test_each_holder_opens_the_sheet_alone_and_nobody_else_does(held: Site, people: dict[str, Path]) -> None:
    assert held.seal("--with-vault", "--dry-run") == 0
    assert not (held.folder / "keys.asc").exists()
    assert held.seal("--with-vault") == 0
    assert (held.folder / "keys.asc").stat().st_mode & 0o777 == 0o600
    for name in ("anna", "boris"):
        opened = gpg(people[name], "--decrypt", held.folder / "keys.asc")
        assert "vault/phrase correct horse " in opened
        assert "offsite/his1/password/1of2 " in opened
    gpg(people["claudia"], "--decrypt", held.folder / "keys.asc", ok=False)


def test_who_leaves_is_named_until_what_they_could_open_is_changed(held: Site, people: dict[str, Path]) -> None:
    held.print_sheet()
    assert judged_test(held, "Boris") == ""
    assert "not sealed to anna, boris" in held.stands().message
    assert held.seal() == 0
    assert (held.stands().verdict, held.stands().message) == (Verdict.PASS, "")
    held.control(holders=["anna", "claudia"])
    assert held.stands().verdict is Verdict.FAIL
    assert "sealed to anna, boris, not to the policy's holders" in held.stands().message
    assert held.seal() == 0
    gpg(people["boris"], "--decrypt", held.folder / "keys.asc", ok=False)
    assert held.stands().verdict is Verdict.WARN
    assert "boris, who holds keys no more, can still open" in held.stands().message
    held.rotated()
    assert "offsite/his1" not in held.stands().message.partition("can still open")[2]


@pytest.mark.parametrize("wrong", ["lacking", "private", "two", "same", "expired"])
def test_a_key_that_would_seal_to_nobody_is_refused(
    wrong: str, held: Site, people: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file, home = held.inventory / ".holders/boris.asc", people["boris"]
    if wrong == "lacking":
        file.unlink()
    elif wrong == "private":
        file.write_text(gpg(home, "--armor", "--export-secret-keys", "boris"))
    elif wrong == "two":
        file.write_text(file.read_text() + (file.parent / "claudia.asc").read_text())
    elif wrong == "same":
        shutil.copy(file.parent / "anna.asc", file)
    else:
        words = ["--passphrase", "", "--faked-system-time", "20200101T000000!", "--quick-generate-key"]
        gpg(home, *words, "old", "future-default", "default", "1d")
        file.write_text(gpg(home, "--armor", "--export", "old"))
    assert held.seal() == 3
    said = capsys.readouterr().err
    assert {
        "lacking": "boris has no public key here",
        "private": "holds a private key",
        "two": "holds 2 public keys, expected one",
        "same": "hold the same key",
        "expired": "has expired",
    }[wrong] in said
    assert not (held.folder / "keys.asc").exists()


def test_one_holder_alone_is_refused_by_the_policy(held: Site, capsys: pytest.CaptureFixture[str]) -> None:
    held.control(holders=["anna"])
    assert cli.run(["policy", "check", str(held.inventory)]) == 2
    assert "expected at least two contacts" in capsys.readouterr().err
    held.control(holders=["anna", "dora"])
    assert cli.run(["policy", "check", str(held.inventory)]) == 2
    assert "there is no contact 'dora'" in capsys.readouterr().err


def test_holders_without_a_list_are_no_holders(site: Site) -> None:
    with pytest.raises(UsageError, match="names no holders"):
        sealing.holders(site.inventory, ())
