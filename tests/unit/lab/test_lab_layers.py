"""How labs begin on each other's layers, with folders for machines; tests/lab does it with real ones."""

from pathlib import Path

import pytest

from ops.fleet.packaging.root_trees import Source
from ops.lab import archive, lab, trees
from ops.lab.lab import Lab
from ops.lab.machine import Machine
from ops.lab.network import Network

DONE = "upper/etc/done"


class Bench:
    """A checkout, and what its labs did."""

    def __init__(self, root: Path) -> None:
        self.checkout = root / "checkout"
        self.told: list[str] = []
        self.booted: list[str] = []
        self.forced = False
        for name in ("roles/agent/tasks/main.yml", "inventories/lab/hosts.yml", "ops/jobs/run.py"):
            (self.checkout / name).parent.mkdir(parents=True)
            (self.checkout / name).write_text("as it was")

    def lab(self, name: str) -> Lab:
        return Lab(name, self.checkout, ("his1", "backup1", "control1"))

    def up(self, name: str) -> Lab:
        """Boot a lab that begins converged where it can."""
        one = self.lab(name)
        one.up(self.told.append, layered=True)
        return one

    def converge(self, one: Lab) -> None:
        """Do what site.yml does: to each machine something, and to the inventory before it."""
        secrets = one.inventory / "host_vars/his1/secrets.yml"
        secrets.parent.mkdir(parents=True, exist_ok=True)
        secrets.write_text(f"of {one.name}")
        for each in one.machines():
            if each.host != "control1":
                (each.place / DONE).parent.mkdir(parents=True)
                (each.place / DONE).write_text(each.host)

    def made(self, name: str) -> Lab:
        """Make a layer with a lab."""
        one = self.up(name)
        before = one.shape()
        self.converge(one)
        assert one.keep(before, self.told.append)
        return one


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)

    def boot(self: Machine) -> None:
        made.booted.append(self.host)
        for part in ("upper", "drills"):
            (self.place / part).mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(lab, "DISKS", tmp_path / "disks")
    monkeypatch.setattr(lab, "CACHES", tmp_path / "caches")
    monkeypatch.setattr(Machine, "boot", boot)
    monkeypatch.setattr(Machine, "wait", lambda _: None)
    monkeypatch.setattr(Machine, "running", lambda self: self.place.exists())
    monkeypatch.setattr(Machine, "stop", lambda _, within: not made.forced)
    monkeypatch.setattr(Network, "up", lambda _: None)
    monkeypatch.setattr(archive, "open_door", lambda *_: Source("", "http://nowhere"))
    monkeypatch.setattr(trees, "make", lambda *_, **__: trees.Trees(*(tmp_path / name for name in "abcd")))
    monkeypatch.setattr(lab.inventory, "write_known_hosts", lambda *_: None)
    return made


def disks(one: Lab) -> dict[str, Path | None]:
    return {each.host: each.layer for each in one.machines()}


def test_the_lab_that_made_a_layer_and_the_next_one_lie_over_it(bench: Bench):
    first = bench.made("first")
    second = bench.up("second")
    assert first.layer == second.layer is not None
    folder = first.layers.home / str(first.layer)
    expected = {"his1": folder / "his1", "backup1": folder / "backup1", "control1": None}
    assert disks(first) == disks(second) == expected
    assert [(folder / host / DONE).read_text() for host in ("his1", "backup1")] == ["his1", "backup1"]
    assert not any((each.place / DONE).exists() for one in (first, second) for each in one.machines())


def test_the_next_lab_has_the_keys_and_secrets_that_the_layer_knows(bench: Bench):
    first, second = bench.made("first"), bench.up("second")
    assert (second.inventory / "host_vars/his1/secrets.yml").read_text() == "of first"
    for key in ("key", "key.pub", "vault-password"):
        assert (first.home / key).read_bytes() == (second.home / key).read_bytes()
    assert (second.home / "key").stat().st_mode & 0o77 == 0


def test_a_changed_role_is_a_fresh_lab_and_said(bench: Bench):
    bench.made("first")
    (bench.checkout / "roles/agent/tasks/main.yml").write_text("as it is")
    second = bench.up("second")
    assert second.layer is None
    assert set(disks(second).values()) == {None}
    assert bench.told[-2].endswith("the newest differs in roles")


def test_what_changed_while_site_yml_ran_makes_no_layer(bench: Bench):
    one = bench.up("first")
    before = one.shape()
    bench.converge(one)
    (bench.checkout / "inventories/lab/hosts.yml").write_text("as it is")
    one.up()
    assert not one.keep(before, bench.told.append)
    assert one.layer is None
    assert (one.machine("his1").place / DONE).exists()


def test_machines_that_did_not_shut_down_by_themselves_make_no_layer_and_run_again(bench: Bench):
    one = bench.up("first")
    before = one.shape()
    bench.converge(one)
    bench.forced, bench.booted = True, []
    assert not one.keep(before, bench.told.append)
    assert {"his1", "backup1"} <= set(bench.booted)
    assert (one.machine("his1").place / DONE).exists()
    assert bench.up("second").layer is None


def test_a_lab_over_a_layer_makes_none(bench: Bench):
    one = bench.made("first")
    bench.converge(one)
    assert not one.keep(one.shape(), bench.told.append)


def test_a_lab_with_secrets_or_machines_of_its_own_begins_on_no_layer(bench: Bench):
    bench.made("first")
    second = bench.lab("second")
    (second.inventory / "host_vars/his1").mkdir(parents=True)
    (second.inventory / "host_vars/his1/secrets.yml").write_text("of second")
    assert bench.up("second").layer is None
    assert (second.inventory / "host_vars/his1/secrets.yml").read_text() == "of second"
    third = bench.lab("third")
    third.up()
    assert bench.up("third").layer is None


def test_a_lab_that_is_up_stays_as_it_is(bench: Bench):
    one = bench.made("first")
    (one.machine("his1").place / DONE).parent.mkdir()
    (one.machine("his1").place / DONE).write_text("since")
    assert bench.up("first").layer == one.layer
    assert (one.machine("his1").place / DONE).read_text() == "since"


def test_other_trees_begin_anew_without_the_layer(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    one = bench.made("first")
    monkeypatch.setattr(trees, "make", lambda *_, **__: trees.Trees(*(tmp_path / name for name in "awcd")))
    bench.up("first")
    assert one.layer is None
    assert set(disks(one).values()) == {None}
