"""`seawall keys rotate` on a real append-only rest-server: what opens at each moment, and what never does again."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from key_site import KEEPER, Site, site

from ops import cli
from ops.fleet.key_rotation.machines import Keeper
from ops.fleet.secrets.vault import Store
from ops.restic.repository import Repository


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as one:
        assert one.on("his1", "backup", "documents") == 0
        assert one.on(KEEPER, "repository", "arrivals") == 0
        assert one.on(KEEPER, "repository", "scrub") == 0
        yield one


def test_a_password_is_changed_without_uploading_anything(made: Site, capsys: pytest.CaptureFixture[str]) -> None:
    before, old, reader = made.packs(), made.password(), made.password("drill1")
    keys = made.key_ids()
    assert made.rotate("--dry-run") == 0
    assert "would make 2 new passwords" in capsys.readouterr().out
    assert made.key_ids() == keys
    assert made.rotate() == 1
    said = capsys.readouterr().out
    assert "playbooks/site.yml --limit his1,drill1" in said
    assert made.password() not in said
    assert made.opens(old)
    assert made.opens(made.password())
    assert made.on(KEEPER, "repository", "arrivals") == 0  # it was told to trust the new keys
    made.install("his1")
    assert made.rotate() == 1
    said = capsys.readouterr().out
    assert "drill1 does not have the new password" in said
    assert "his1 does not" not in said
    assert made.opens(reader)
    made.install("drill1")
    assert made.rotate() == 0
    assert made.packs() == before
    changed(made, keys, {old, reader})


def changed(made: Site, keys: set[str], old: set[str]) -> None:
    """Demand that of some keys and passwords none opens anything any more, and that everybody has others."""
    assert len(made.key_ids()) == 2
    assert not made.key_ids() & keys
    assert not any(map(made.opens, old))
    for password in (made.password(), made.password("drill1")):
        assert made.opens(password)
    assert not made.password(sort="former")
    assert not made.password(sort="next")
    assert made.on(KEEPER, "repository", "arrivals") == 0
    assert made.on(KEEPER, "repository", "scrub") == 0  # no key is missed
    kept = {path.name for path in (made.folder / KEEPER / "var/lib/seawall/state/spares/his1/keys").iterdir()}
    assert kept == made.key_ids()
    assert made.on("his1", "backup", "documents") == 0
    noted = json.loads((made.inventory / ".key_ids.json").read_text())["keys"]["his1"]["offsite"]
    assert noted in made.key_ids()
    assert [one["act"] for one in made.records(KEEPER)].count("exchange-keys") == 2  # trusted, and set aside
    values = {*old, made.password(), made.password("drill1")}
    told = json.dumps([*made.records(), *made.records(KEEPER)])
    assert not [value for value in values if value in told]


STEPS = [  # the function at whose call the command dies, and whether before it or after it
    (Store, "save", "after"),  # new passwords are made, and no key has them
    (Repository, "add_key", "after"),  # the machine's own key is there
    (Repository, "add_key", "after"),  # the reader's, too
    (Keeper, "exchange", "before"),
    (Keeper, "exchange", "after"),  # trusted, and the inventory not changed yet
    (Store, "save", "after"),  # changed
    (None, "", ""),  # site.yml
    (Keeper, "exchange", "before"),
    (Keeper, "exchange", "half"),  # the backup host itself dies, between its note and the move
    (Keeper, "exchange", "after"),
    (Store, "save", "before"),  # all is done but the inventory's note of it
]


def killed(site: Site, owner: type, name: str, when: str) -> None:
    """Run the command in a process that is killed at the call of a function."""
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        return
    real = getattr(owner, name)

    def dies(*args: Any, **words: Any) -> Any:
        if when == "after":
            real(*args, **words)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dies)
    site.rotate()
    os._exit(0)


def half_exchanged(site: Site) -> None:
    """Let the backup host die between its note and the move, and the command fail for that."""
    program = site.folder / KEEPER / "bin/seawall"
    whole = program.read_text()
    dying = "import os, sys; from ops.keeper import aside; aside.begin = lambda *_: os.kill(os.getpid(), 9); "
    dying += "from ops import cli; cli.run(sys.argv[1:])"
    program.write_text(whole.replace("-m ops", f"-c '{dying}'"))
    assert site.rotate() == 2
    program.write_text(whole)


def test_killed_at_any_step_nobody_is_locked_out_and_the_next_run_goes_on(made: Site) -> None:
    old = {"": made.password(), "drill1": made.password("drill1")}
    packs, before = made.packs(), made.key_ids()
    for owner, name, when in STEPS:
        if owner is None:
            made.install()
        elif when == "half":
            half_exchanged(made)
        else:
            killed(made, owner, name, when)
        held = {
            "": (made.folder / "his1/etc/seawall/credentials/offsite.password").read_text().strip(),
            "drill1": (made.folder / "drill1/etc/seawall/credentials/his1-offsite.password").read_text().strip(),
        }
        for label, password in held.items():
            assert password in {made.password(label), made.password(label, "former")}
        for password in {*held.values(), made.password()}:
            assert made.opens(password), f"somebody is locked out at {name}, {when}"
    assert made.rotate() == 0
    assert not any(map(made.opens, old.values()))
    assert made.packs() == packs
    assert len(made.key_ids()) == 2
    assert not made.key_ids() & before
    assert made.on(KEEPER, "repository", "arrivals") == 0
    unended = [one for one in made.records() if one["result"] == "unknown"]
    assert len(unended) == len([step for step in STEPS if step[2] in {"before", "after"}])


def test_the_server_removes_no_key_itself(made: Site) -> None:
    """What only an administrator of the backup host can do, and why: the rest-server refuses it to whoever may add."""
    credentials = made.folder / "his1/etc/seawall/credentials"
    base = [
        "restic",
        "--no-cache",
        "--repository-file",
        credentials / "offsite.url",
        "--cacert",
        credentials / "ca.pem",
    ]
    base += ["--password-file", credentials / "offsite.password"]
    keys = made.key_ids()
    listed = subprocess.run([*base, "key", "list", "--json"], check=True, capture_output=True, text=True).stdout
    other = next(key["id"] for key in json.loads(listed) if not key["current"])
    subprocess.run([*base, "key", "remove", other], check=False, capture_output=True)
    assert made.key_ids() == keys


def test_a_drill_reads_with_the_new_key_and_the_sheet_opens_with_it(
    made: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = made.folder / "sheet"
    assert made.seawall("keys", "sheet", "--output", str(sheet)) == 0
    assert made.rotate() == 1
    made.install()
    assert made.rotate() == 0
    if os.geteuid() == 0:  # only root makes a folder in memory
        assert made.on("drill1", "drill", "documents") == 0
    capsys.readouterr()
    words = ["keys", "check", str(sheet), "--by", "Boris", "-i", str(made.inventory)]
    assert cli.run(words) == 2
    assert "fail     offsite/his1" in capsys.readouterr().out
    assert cli.run(["keys", "due", "-i", str(made.inventory)]) == 2
    assert "is older than the keys of offsite/his1" in capsys.readouterr().out
    assert made.seawall("keys", "sheet", "--output", str(sheet)) == 0
    assert cli.run(words) == 1  # the control machine's own holds no set yet
    assert "pass     offsite/his1: opens" in capsys.readouterr().out


def test_the_control_machine_s_own_is_changed_in_one_run(made: Site) -> None:
    (key,) = made.key_ids("control")
    assert made.seawall("keys", "rotate", "control", "--reason", "a trial") == 0
    assert key not in made.key_ids("control")
    (folder,) = made.inventory.glob(".control")
    assert folder.is_dir()


def test_where_the_new_key_does_not_open_alone_the_old_one_comes_back(
    made: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made.rotate() == 1
    made.install()
    keys = made.key_ids()
    real = Keeper.exchange

    def takes_all(keeper: Keeper, trust: Collection[str], retire: Collection[str], reason: str) -> str:
        """The backup host moves more than it was asked to, as somebody there may."""
        move = real(keeper, trust, retire, reason)
        for key in trust:
            (made.served / "his1/keys" / key).rename(made.served / ".aside/his1" / move / "keys" / key)
        return move

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "exchange", takes_all)
        assert made.rotate() == 2
    assert "the old keys were brought back" in capsys.readouterr().out
    assert made.key_ids() == keys
    assert made.opens(made.password(sort="former"))
    assert made.rotate() == 0


def test_a_backup_host_takes_no_key_away_for_one_that_is_not_there(
    made: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = sorted(made.key_ids())
    words = ("repository", "keys", "his1", "--reason", "a trial")
    assert made.on(KEEPER, *words, "--retire", keys[0]) == 2
    assert "no key is named that opens" in capsys.readouterr().err
    assert made.on(KEEPER, *words, "--trust", "0" * 64, "--retire", keys[0]) == 1
    assert "is not in the repository" in capsys.readouterr().out
    assert made.on(KEEPER, *words, "--trust", keys[0], "--retire", keys[0]) == 2
    assert made.on(KEEPER, *words, "--trust", "../config") == 2
    assert sorted(made.key_ids()) == keys


def test_keys_that_somebody_added_are_told_before_anything_is_begun(
    made: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made.served / "his1/keys"
    whole = json.loads(next(folder.iterdir()).read_text())
    added = []
    for number in range(18):
        text = json.dumps(whole | {"hostname": f"x{number}"})
        added.append(folder / hashlib.sha256(text.encode()).hexdigest())
        added[-1].write_text(text)
    try:
        assert made.rotate() == 2
        assert made.password(sort="next") == ""
    finally:
        for path in added:
            path.unlink()
    assert "has 20 keys, most of them nobody's" in capsys.readouterr().out


def test_a_backup_host_that_can_not_be_asked_is_told_by_a_person(
    made: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    program = made.folder / KEEPER / "bin/seawall"
    whole = program.read_text()
    program.write_text("#!/bin/sh\necho no such luck >&2\nexit 1\n")
    assert made.rotate() == 1
    said = capsys.readouterr().out
    assert f"let whoever administers {KEEPER} run, as root: seawall repository keys his1 --trust" in said
    made.install()
    assert made.rotate() == 2
    assert "--retire" in capsys.readouterr().out
    program.write_text(whole)
    assert made.rotate() == 0
