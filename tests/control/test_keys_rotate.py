"""`seawall keys rotate` on a real append-only rest-server: what opens at each moment, and what never does again."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from key_site import KEEPER, Site, site

from ops.fleet.key_rotation.machines import Keeper
from ops.fleet.secrets.vault import Store
from ops.restic.repository import Repository


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as one:
        assert one.on("his1", "backup", "documents") == 0
        assert one.on(KEEPER, "repository", "arrivals") == 0
        yield one


def test_a_password_is_changed_without_uploading_anything(made: Site, capsys: pytest.CaptureFixture[str]) -> None:
    before, old, reader = made.packs(), made.password(), made.password("drill1")
    keys = made.keys()
    assert made.rotate("--dry-run") == 0
    assert "would make 2 new passwords" in capsys.readouterr().out
    assert made.keys() == keys
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
    assert len(made.keys()) == 2
    assert not made.keys() & keys
    for password in (old, reader):
        assert not made.opens(password)
    for password in (made.password(), made.password("drill1")):
        assert made.opens(password)
    assert not made.password(sort="former")
    assert not made.password(sort="next")
    assert made.on(KEEPER, "repository", "arrivals") == 0
    assert made.on("his1", "backup", "documents") == 0
    noted = json.loads((made.inventory / ".key_ids.json").read_text())["keys"]["his1"]["offsite"]
    assert noted in made.keys()
    assert [one["act"] for one in made.records(KEEPER)].count("exchange-keys") == 2  # trusted, and set aside
    values = {old, reader, made.password(), made.password("drill1")}
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
    packs, before = made.packs(), made.keys()
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
            assert made.opens(password), f"{label or 'the machine'} is locked out at {name}, {when}"
            assert password in {made.password(label), made.password(label, "former")}
        assert made.opens(made.password()), f"the inventory opens nothing at {name}, {when}"
    assert made.rotate() == 0
    assert not any(map(made.opens, old.values()))
    assert made.packs() == packs
    assert len(made.keys()) == 2
    assert not made.keys() & before
    assert made.on(KEEPER, "repository", "arrivals") == 0
    unended = [one for one in made.records() if one["result"] == "unknown"]
    assert len(unended) == len([step for step in STEPS if step[2] in {"before", "after"}])
