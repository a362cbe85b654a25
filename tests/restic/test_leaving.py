"""Sets leave a repository by a plan, and come back by a word: the real restic and rest-server, and no key on the host."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from leaving_site import OLD, Site, site
from one_machine import Machine


@pytest.fixture
def three(machine: Machine, tmp_path: Path) -> Iterator[Site]:
    """A site with three sets of documents, the oldest of which is the one of `backed_up`."""
    with site(machine, tmp_path) as one:
        for path in one.files():
            one.aged(path, OLD)
        for number in range(2):
            (machine.files / "documents/0.txt").write_bytes(os.urandom(60_000))
            one.back_up("documents", age=(2 - number) * 86_400.0)
        yield one


def test_what_the_plan_names_leaves_and_comes_back(three: Site) -> None:
    before, plan = three.files(), three.plan()
    named = {name for one in plan.leaves for name in one.snapshots}
    ended = three.retention()
    assert ended.code == 0, ended.line
    assert three.snapshots() == {Path(path).name for path in before if path.startswith("snapshots/")} - named
    three.restic("check", "--read-data")
    after = three.files()
    assert sum(map(len, after.values())) < sum(map(len, before.values()))
    assert all(after[path] == content for path, content in before.items() if path in after)
    three.back_up("documents")
    since = set(three.files()) - set(after)
    assert three.undo().code == 0
    back = three.files()
    assert {path: back[path] for path in before} == before
    assert since <= set(back)
    three.restic("check", "--read-data")
