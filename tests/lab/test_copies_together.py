"""Copies of one machine to one repository, begun at the same moment by their units, as timers may do it."""

import json
import os
from collections.abc import Iterator

import pytest
from hospital import SERVED_ANEW, Site

COPIES = ("copy-his-offsite", "copy-documents-offsite")
REPOSITORY = "/srv/seawall/his1"
TIMES = int(os.environ.get("SEAWALL_TIMES_TOGETHER", "3"))


@pytest.fixture
def emptied(site: Site) -> Iterator[Site]:
    """A site whose off-site repository is put back afterwards, with the copies that other tests need."""
    copied = (f"copy {asset} --to offsite" for asset in ("his", "documents"))
    site.given("his1", "backup his", "backup documents", *copied)
    site.on("offsite1", f"cp -a {REPOSITORY} {REPOSITORY}.kept", ok=range(1))
    yield site
    site.on("offsite1", f"rm -r {REPOSITORY} && mv {REPOSITORY}.kept {REPOSITORY} && {SERVED_ANEW}", ok=range(1))


def test_two_copies_begun_together_are_both_good(emptied: Site) -> None:
    units = " ".join(f"seawall-{name}.service" for name in COPIES)
    for _ in range(TIMES):
        emptied.on("offsite1", f"cd {REPOSITORY} && find data index snapshots -type f -delete", ok=range(1))
        begun = emptied.on("his1", f"systemctl start {units}")
        journal = " ".join(f"-u {unit}" for unit in units.split())
        said = emptied.on("his1", f"journalctl -q -o cat -n 20 {journal}").stdout
        assert begun.code == 0, said
        files = (f"cat /var/lib/seawall/state/{name}.json" for name in COPIES)
        states = [json.loads(emptied.on("his1", file, ok=range(1)).stdout) for file in files]
        assert [state["verdict"] for state in states] == ["pass", "pass"], said
        read = [state["last_good"]["packs_read"] for state in states]
        there = emptied.on("offsite1", f"find {REPOSITORY}/data -type f | wc -l", ok=range(1)).stdout
        assert min(read) > 0
        assert sum(read) == int(there)
        assert emptied.on("his1", "ls /var/lib/seawall/state/unread").stdout == ""
