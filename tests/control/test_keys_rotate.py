"""`seawall keys rotate` on a real append-only rest-server: what opens at each moment, and what never does again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from key_site import KEEPER, Site, site


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
