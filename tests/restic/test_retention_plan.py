"""A server hands over cards, a drill host proofs; the backup host plans by them: real restic, real rest-server."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from kept import Keeper, kept
from one_machine import ALL, TIMES, Machine

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.core.run import run
from ops.interfaces.card import ProofCard
from ops.jobs.host import cards
from ops.jobs.keeper import planning
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document

DAY = 86_400.0
WHOSE = ("--reason", "a smaller archive, ticket 4712", "--approver", "Head of IT")


@dataclass(frozen=True)
class Site:
    """A server, its backup host, and the root of the drill host that proves its sets."""

    machine: Machine
    keeper: Keeper
    drill_host: Path
    before: str

    def backed_up(self) -> dict[str, Any]:
        """Back up on the server, and return what it keeps of that."""
        assert self.machine.seawall("backup", "documents") == 0
        return dict(self.machine.state("backup-documents")["last_good"])

    def plan(self) -> tuple[int, dict[str, Any]]:
        """Plan on the backup host; return the exit code, and the plan."""
        code = self.keeper.seawall("retention", "plan")
        return code, self.known()

    def known(self) -> dict[str, Any]:
        """Return the plan as it lies there, without the sets of other assets and the one that was there before."""
        plan = json.loads((self.keeper.root / "var/lib/seawall/state/retention/his1.json").read_text())
        for which in ("stays", "leaves"):
            plan[which] = [one for one in plan[which] if one["asset"] == "documents" and one["set"] != self.before]
        return dict(plan)

    def told(self) -> dict[str, Any]:
        """Return what the state says of the machine."""
        state = json.loads((self.keeper.root / "var/lib/seawall/state/retention.json").read_text())
        return dict(state["repositories"]["his1"])

    def proven(self, made: dict[str, Any], *, passed: bool = True, root: Path | None = None) -> str:
        """Tell the backup host of a drill as the drill host does; return what is to be said."""
        card = ProofCard(
            client=HostName("his1"),
            asset=Name("documents"),
            set=SetId(made["set"]),
            by=HostName("drill1"),
            drilled=clock.iso(clock.now()),
            passed=passed,
            manifest=Digest(made["manifest_sha256"]),
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(root or self.drill_host))
            return cards.of_drill([self.machine.place("primary")], card)


@pytest.fixture
def site(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with kept(machine, tmp_path) as keeper:
        (keeper.root / "run/seawall/account").mkdir()
        drill_host = tmp_path / "drill1"
        shutil.copytree(machine.root / "etc", drill_host / "etc")
        key = drill_host / "etc/seawall/credentials/ledger.key"
        key.unlink()
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
        drill = {"host": "drill1", "every": "30d"}
        sources = {"all": {"kind": "files", "options": {"paths": [str(machine.files / "documents")]}}}
        asset = {**TIMES, "repository": "primary", "sources": sources, "drill": {**drill, "kind": "files"}}
        layers = {name: HostLayers(ALL) for name in ("backup1", "offsite1", "drill1")}
        policies = compile_site({**layers, "his1": HostLayers(ALL, host={"assets": {"documents": asset}})})
        (keeper.root / "etc/seawall/policy.json").write_text(json.dumps(document(policies["backup1"])))
        keys = {
            "his1": Path(machine.root / "etc/seawall/credentials/ledger.key.pub"),
            "drill1": key.with_suffix(".key.pub"),
        }
        lines = [f'{name} namespaces="seawall-card" {path.read_text()}' for name, path in keys.items()]
        (keeper.root / "etc/seawall/card_signers").write_text("".join(lines))
        proofs = keeper.root / "srv/seawall/.proofs/his1/proofs/snapshots"
        proofs.mkdir(parents=True)  # where the role has another server write them
        (keeper.repository / "proofs").symlink_to(proofs.parent)
        monkeypatch.setattr(planning, "unsynchronised", lambda: "")  # no systemd here to say so
        assert keeper.seawall("repository", "scrub") == 0
        yield Site(machine, keeper, drill_host, machine.state("backup-documents")["last_good"]["set"])


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Let days pass for the clock that all read."""
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(time.time() + days * DAY, UTC))


def test_a_whole_set_is_known_with_its_snapshots_and_its_arrival(site: Site):
    made = site.backed_up()
    code, plan = site.plan()
    assert code == 0
    (one,) = plan["stays"]
    there = {path.name for path in (site.keeper.repository / "snapshots").iterdir()}
    assert (one["set"], set(one["snapshots"]) <= there, one["why"]) == (made["set"], True, "the newest whole set")
    assert len(one["snapshots"]) == 2
    arrived = max((site.keeper.repository / "snapshots" / name).stat().st_mtime for name in one["snapshots"])
    assert one["arrived"] == pytest.approx(arrived)


def test_a_proof_counts_from_its_drill_host_alone(site: Site):
    made = site.backed_up()
    assert site.proven(made, root=site.machine.root) == ""  # signed by the server, which claims to be the drill host
    code, plan = site.plan()
    assert (code, "proven" in plan["stays"][0], site.told()["odd_count"]) == (1, False, 1)
    assert "not signed by the key that is known of drill1" in site.told()["odd"][0]
    assert site.proven(made) == ""
    assert site.plan()[1]["stays"][0]["proven"]


def test_a_drill_that_fails_later_takes_the_proof_back(site: Site):
    made = site.backed_up()
    site.proven(made)
    site.plan()
    time.sleep(0.01)  # the second card is the later one by its file's date
    site.proven(made, passed=False)
    _, plan = site.plan()
    assert "proven" not in plan["stays"][0]
    assert any("the last drill failed" in why for why in plan["refused"])


def test_a_set_leaves_only_after_its_notice_and_its_date_is_remembered(site: Site, monkeypatch: pytest.MonkeyPatch):
    first = site.backed_up()
    old = time.time() - 15 * DAY  # `all` is 14 days
    for sort in ("snapshots", "cards/snapshots"):
        for path in (site.keeper.repository / sort).iterdir():
            os.utime(path, (old, old))
    second = site.backed_up()
    site.proven(second)
    _, plan = site.plan()
    (one,) = plan["leaves"]
    assert (one["set"], [each["set"] for each in plan["stays"]]) == (first["set"], [second["set"]])
    assert one["due"] == pytest.approx(time.time() + 3 * DAY, abs=600)
    assert plan["refused"] == []
    later(monkeypatch, 1)
    assert site.plan()[1]["leaves"][0]["due"] == one["due"]


def test_a_card_that_could_not_be_handed_over_goes_with_the_next(site: Site):
    folder = site.keeper.repository / "cards"
    folder.rename(folder.with_name("moved"))
    folder.write_text("in the way")
    assert site.machine.seawall("backup", "documents") == 0
    first = site.machine.state("backup-documents")
    assert (first["verdict"], "its card waits for the next backup" in first["message"]) == ("warn", True)
    folder.unlink()
    folder.with_name("moved").rename(folder)
    before = len(list((folder / "snapshots").iterdir()))
    site.backed_up()
    assert len(list((folder / "snapshots").iterdir())) == before + 2
    assert not list((site.machine.root / "var/lib/seawall/state/cards/primary").iterdir())
    assert len(site.plan()[1]["stays"]) == 2


def test_what_is_no_card_is_named_and_hinders_nothing(site: Site):
    site.backed_up()
    folder = site.keeper.repository / "cards/snapshots"
    good = next(content for path in folder.iterdir() if b"documents" in (content := path.read_bytes()))
    deep = b'{"version":1,"signature":"","text":"' + b"[" * 2000 + b'"}'
    for content in (b"x" * 600, b"\xff" * 600, good.replace(b"documents", b"documentz"), deep, b"{" * (2 << 20)):
        (folder / sha256(content).hexdigest()).write_bytes(content)
    (folder / ("0" * 64)).write_bytes(good)
    (folder / ("1" * 64)).symlink_to("/etc/passwd")
    os.mkfifo(folder / ("2" * 64))
    Path(os.fsdecode(bytes(folder) + b"/\xff")).write_bytes(good)  # which the search for foreign files names
    code, plan = site.plan()
    assert (code, len(plan["stays"]), site.told()["odd_count"]) == (1, 1, 8)


def test_the_register_is_chained_to_the_ledger(site: Site):
    site.backed_up()
    site.plan()
    with sqlite3.connect(site.keeper.root / "var/lib/seawall/state/register.sqlite") as link:
        link.execute("update file set arrived = arrived - 86400 where path glob 'snapshots/*'")
    for _ in range(2):  # and stays so
        assert "the register of arrivals was changed since it was recorded" in site.plan()[1]["refused"]
    site.keeper.seawall("retention", "override", "his1", *WHOSE)
    assert not any("register" in why for why in site.plan()[1]["refused"])


def test_an_override_holds_for_one_plan_and_is_recorded(site: Site):
    site.backed_up()
    assert any("proven" in why for why in site.plan()[1]["refused"])
    site.keeper.seawall("retention", "override", "his1", *WHOSE)
    assert site.known()["refused"] == []
    records = (site.keeper.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    (record,) = [one for one in map(json.loads, records) if one["act"] == "override"]
    assert (record["subject"], record["facts"]["approver"]) == ("his1", "Head of IT")
    assert any("proven" in why for why in site.plan()[1]["refused"])


def test_a_file_dated_back_by_hand_arrived_when_it_came(site: Site):
    site.plan()
    began = time.time()
    site.backed_up()
    for path in (site.keeper.repository / "snapshots").iterdir():
        os.utime(path, (1, 1))
    (one,) = site.plan()[1]["stays"]
    assert began - 60 < one["arrived"] <= time.time()


def test_a_clock_that_is_behind_makes_no_set_older_and_announces_nothing(site: Site, monkeypatch: pytest.MonkeyPatch):
    first = site.backed_up()
    arrived = max(path.stat().st_mtime for path in (site.keeper.repository / "snapshots").iterdir())
    with monkeypatch.context() as wrong:  # as after a start without the battery of the machine's clock
        later(wrong, -400)
        wrong.setattr(planning, "unsynchronised", lambda: "this machine's clock is not synchronised")
        assert "this machine's clock is not synchronised" in site.plan()[1]["refused"]
    site.proven(first)
    _, plan = site.plan()
    (one,) = plan["stays"]
    assert (one["arrived"], plan["leaves"]) == (pytest.approx(arrived), [])


def test_what_is_announced_by_a_clock_that_nobody_can_rely_on_is_announced_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    first = site.backed_up()
    old = time.time() - 30 * DAY
    for sort in ("snapshots", "cards/snapshots"):
        for path in (site.keeper.repository / sort).iterdir():
            os.utime(path, (old, old))
    site.proven(site.backed_up())
    with monkeypatch.context() as wrong:
        later(wrong, -5)
        wrong.setattr(planning, "unsynchronised", lambda: "this machine's clock is not synchronised")
        assert [one["set"] for one in site.plan()[1]["leaves"]] == [first["set"]]
    (one,) = site.plan()[1]["leaves"]
    assert one["due"] == pytest.approx(time.time() + 3 * DAY, abs=600)
