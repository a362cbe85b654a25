"""A set of a database and the files that its rows name: Orthanc's index in PostgreSQL, and its images."""

import hashlib
import json
from collections.abc import Iterator

import pydicom
import pytest
from hospital import Site
from modality import STORAGE, images, sending

from ops.lab.hospital import SENT, Data

ROWS = f"select '{STORAGE}/' || left(uuid, 2) || '/' || substr(uuid, 3, 2) || '/' || uuid from attachedfiles"


def psql(site: Site, query: str) -> str:
    return site.on("his1", f'cd / && runuser -u postgres -- psql -d orthanc -XAtqc "{query}"', ok=range(1)).stdout


@pytest.fixture(scope="module")
def taken(site: Site) -> Site:
    """The site with a set of the asset that was taken while images came."""
    with sending(site):
        done = site.on("his1", "seawall backup pacs")
    assert done.code == 0, done.stdout + done.stderr
    return site


def test_no_row_lacks_its_file_when_images_come_while_it_is_backed_up(taken: Site) -> None:
    shown = taken.on("drill1", "seawall drill pacs")
    assert shown.code == 0, shown.stdout + shown.stderr
    state = json.loads(taken.on("drill1", "cat /var/lib/seawall/state/drill-pacs.json", ok=range(1)).stdout)
    rungs = {rung["name"]: rung for rung in state["last_good"]["rungs"]}
    looked = int(rungs["references images"]["message"].split()[0].replace(",", ""))
    assert len(SENT) < looked < images(taken), "the set's instant was while images came"


def test_an_image_comes_back_bit_for_bit(taken: Site) -> None:
    sent = Data.found().dicom / SENT[0]
    name = pydicom.dcmread(sent).SOPInstanceUID
    path = psql(taken, f"{ROWS} join dicomidentifiers d using (id) where d.value = '{name}'").strip()
    taken.on("his1", f"seawall restore pacs --part images --to /srv/beside --only {path}", ok=range(1))
    came = taken.on("his1", f"sha256sum /srv/beside/images{path} && rm -r /srv/beside", ok=range(1)).stdout
    assert came.split()[0] == hashlib.sha256(sent.read_bytes()).hexdigest()


@pytest.fixture
def spoiled(taken: Site) -> Iterator[tuple[str, str]]:
    """Two of Orthanc's files as a failing disk leaves them, and a set of that: one is gone, one has other bytes."""
    query = f"{ROWS} order by id limit 2"
    gone, hurt = taken.on(
        "his1", f'runuser -u postgres -- psql -d orthanc -XAtqc "{query}"', ok=range(1)
    ).stdout.split()
    hurting = f"mv {gone} /root/gone; cp -a {hurt} /root/hurt; printf x | dd of={hurt} bs=1 seek=200 conv=notrunc"
    taken.on("his1", f"{hurting} && seawall backup pacs", ok=range(1))
    try:
        yield gone, hurt
    finally:
        taken.on("his1", f"mv /root/gone {gone}; mv /root/hurt {hurt}; seawall backup pacs", ok=range(1))


def test_a_lost_and_a_damaged_image_are_noticed_and_named(taken: Site, spoiled: tuple[str, str]) -> None:
    words = "seawall drill pacs --hold 'the tests look' --approver 'the tests'"
    shown = taken.on("drill1", words)
    named = taken.on("drill1", "seawall drill words pacs; seawall drill end pacs").stdout
    lines = [line.partition("pacs: ")[2] for line in shown.stdout.splitlines()]
    (wrong,) = [line for line in lines if line.startswith("fail")]
    assert "references images: of " in wrong
    assert "1 is missing, 1 is of another content" in wrong
    assert not any(path in shown.stdout for path in spoiled), "names are for who asks for them"
    for what, path in zip(("missing", "of another content"), spoiled, strict=True):
        assert f"{what}: '{path}'" in named
