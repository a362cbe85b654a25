"""The oldest set is drilled, keeps what the live data lost, and answers whoever recalls something of its year."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bare_tree import bare_tree
from one_machine import Machine, copied, served, set_policy
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core import clock
from ops.jobs.drill.expectations import judged_answer
from ops.policy.queries import Expectation
from ops.restic.sets import sets

pytestmark = ONLY_ROOT
LONG_AGO, TODAY = "2019-06-30", f"{clock.now():%Y-%m-%d}"
DONORS = """
create table donors (id int primary key, name text not null);
insert into donors select i, 'Donor ' || i from generate_series(1, 50) i;
create role seawall_dump login bypassrls in role pg_read_all_data;
"""
OLDEST = {
    "expectations": {"donors": {"sql": "select count(*) from donors", "equals": 50}},
    "removed": {"donors": {"sql": "select id from donors", "at_least": 3}},
}
LOST = "Donor 7"  # and 8 and 9, who were removed since


@pytest.fixture(scope="module")
def site(backed_up: Path, server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that drills its own database: a set of years ago, and one from which three donors were removed."""
    machine = copied(backed_up, tmp_path_factory.mktemp("oldest"))
    with served(machine):
        server.psql("create database his")
        server.psql(DONORS, "his")
        options = {"database": "his", "socket": server.socket}
        set_policy(machine, {"his": {"his": ("postgresql", options)}})
        assert machine.seawall("backup", "his") == 0
        made = machine.place("primary").repository.snapshots(["seawall-asset=his"])
        machine.restic(
            "primary", "rewrite", "--forget", "--new-time", f"{LONG_AGO} 12:00:00", *[one.id for one in made]
        )
        server.psql("delete from donors where id in (7, 8, 9)", "his")
        assert machine.seawall("backup", "his") == 0
        bare_tree(machine.root / "var/lib/seawall/trees/trixie")
        for ending in ("url", "password"):
            folder = machine.root / "etc/seawall/credentials"
            shutil.copy(folder / f"primary.{ending}", folder / f"his1-primary.{ending}")
        yield machine


@pytest.fixture
def fresh(site: Machine) -> Machine:
    """The same machine with a ledger of no drills."""
    asks(site)
    shutil.rmtree(site.root / "var/lib/seawall/ledger")
    (site.root / "var/lib/seawall/ledger").mkdir()
    return site


def asks(site: Machine, **oldest: Any) -> None:
    """Give the machine its drills, of the oldest set with what is said."""
    path = site.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    for name, kind, more in (("his", "database", {"oldest": {**OLDEST, **oldest}}), ("documents", "files", {})):
        asset = policy["assets"][name]
        asset["drill"] = {"host": "his1", "kind": kind, "every": "31d", "release": "trixie", **more}
        asset["retention"] = {"all": "14d", "yearly": "30y"}
        policy["drills"] = {**policy["drills"], name: {"host": "his1", "asset": asset}}
    path.write_text(json.dumps(policy))


def record(site: Machine) -> dict[str, Any]:
    """The newest record of the ledger."""
    lines = (site.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    return dict(json.loads(lines[-1]))


def rungs(site: Machine) -> dict[str, str]:
    return {rung["name"]: rung["verdict"] for rung in record(site)["facts"]["rungs"]}


def recall(site: Machine, asset: str, question: str, at: str) -> int:
    file = site.root / "question"
    file.write_text(question)
    return site.seawall("drill", asset, "--recall", file, "--at", at, "--reason", "request 4711")


def test_the_oldest_set_holds_what_was_removed_since(fresh: Machine) -> None:
    assert fresh.seawall("drill", "his", "--oldest") == 0, record(fresh)["message"]
    told = record(fresh)
    assert (told["act"], told["result"], told["facts"]["data_time"][:10]) == ("oldest", "pass", LONG_AGO)
    assert {"archive", "structure", "volume", "semantics donors", "removed donors", "rto"} <= {*rungs(fresh)}
    assert "of 50 in the oldest set, 3 are not in the newest any more" in json.dumps(told)
    assert "Donor" not in json.dumps(told)
    assert fresh.state("oldest-his")["last_good"]["set"] == told["facts"]["set"]
    assert not (fresh.root / "var/lib/seawall/state/drill-his.json").exists(), "it says nothing of the newest set"
    assert not [*(fresh.root / "var/lib/seawall/drills").iterdir()]
    an_archive_that_lost_its_first_years_fails(fresh)


def an_archive_that_lost_its_first_years_fails(fresh: Machine) -> None:
    asks(fresh, removed={})
    repository = fresh.place("primary").repository
    first, second = sets(repository.snapshots(), "his")
    for one in first.parts.values():
        fresh.restic("primary", "tag", "--remove", "seawall-asset=his", one.id)
    try:
        assert fresh.seawall("drill", "his", "--oldest") == 2
        assert (rungs(fresh)["kept"], record(fresh)["facts"]["set"]) == ("fail", second.id)
    finally:
        hidden = [one for one in repository.snapshots([f"seawall-set={first.id}"]) if not one.tag("seawall-asset")]
        fresh.restic("primary", "tag", "--add", "seawall-asset=his", *[one.id for one in hidden])


def test_what_was_not_removed_or_can_not_be_asked_is_no_pass(fresh: Machine) -> None:
    too_many = {"sql": "select id from donors", "at_least": 4}
    wrong = {"unknown": {"sql": "select nothing from donors"}, "two": {"sql": "select id, name from donors"}}
    asks(fresh, removed={"donors": too_many, "none": {"sql": "select id from donors where id > 90"}, **wrong})
    assert fresh.seawall("drill", "his", "--oldest") == 2
    found = {name.partition(" ")[2]: verdict for name, verdict in rungs(fresh).items() if name.startswith("removed ")}
    assert found == {"donors": "fail", "none": "unknown", "unknown": "unknown", "two": "unknown"}


def test_a_record_of_that_year_is_there_and_now_it_is_not(fresh: Machine) -> None:
    question = f"select count(*) from donors where name = '{LOST}'"
    assert recall(fresh, "his", question, "2019-09-01") == 0, record(fresh)["message"]
    told = record(fresh)
    assert (told["act"], told["facts"]["recall"]["answer"]) == ("recall", "present")
    assert told["facts"]["data_time"][:10] == LONG_AGO
    assert recall(fresh, "his", question, TODAY) == 2
    told = record(fresh)
    assert told["facts"]["recall"]["answer"] == "absent"
    everything = "".join(path.read_text(errors="replace") for path in fresh.root.glob("var/lib/seawall/**/*.json*"))
    assert LOST not in everything, "the question is kept nowhere"


def test_of_a_year_that_is_not_kept_the_nearest_set_is_not_enough(fresh: Machine) -> None:
    assert recall(fresh, "his", "select count(*) from donors", "2015-01-01") == 2
    assert (rungs(fresh)["date"], record(fresh)["facts"]["recall"]["answer"]) == ("fail", "present")


@pytest.mark.parametrize(("name", "code", "answer"), [("1.txt", 0, "present"), ("9.txt", 2, "absent")])
def test_a_file_is_brought_and_compared(fresh: Machine, name: str, code: int, answer: str) -> None:
    path = fresh.files / "documents" / name
    assert recall(fresh, "documents", f"{path}\n", TODAY) == code, record(fresh)["message"]
    assert record(fresh)["facts"]["recall"]["answer"] == answer
    assert name not in json.dumps(record(fresh))


CHECKED = """
create table donors (code text, name text, born date);
create table patients (code text);
create table application_log (at timestamptz);
insert into donors values ('CZ1', 'Ana', '1990-01-01'), ('CZ2', 'Ana', '1991-01-01'), ('CZ3', null, '1992-01-01');
insert into patients values ('P1');
insert into application_log values (now());
"""
SPOILED = {
    "donor codes that come twice": "insert into donors values ('CZ1', 'Bo', '1993-01-01')",
    "names with birth dates that come twice": "insert into donors values ('CZ4', ' ana ', '1990-01-01')",
    "codes of donors that are codes of patients too": "insert into patients values ('CZ2')",
    "donors without a valid code": "insert into donors values ('17', 'Bo', '1993-01-01')",
    "donors with an impossible birth date": "insert into donors values ('CZ5', 'Cy', '2993-01-01')",
    "newest entry of the application's own log in days": "update application_log set at = now() - interval '5 days'",
}


def test_the_data_checks_of_the_manual_find_what_they_are_for(server: Cluster) -> None:
    text = (Path(__file__).parents[2] / "docs/archive.md").read_text("utf-8").partition("## Data checks")[2]
    policy = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])["policy__host"]
    told = policy["assets"]["registry"]["drill"]["expectations"]
    asked = {name: Expectation(**one) for name, one in told.items()}
    assert {*asked} == {*SPOILED}

    server.psql("create database checked")
    server.psql(CHECKED, "checked")
    queries = "; ".join(one.sql for one in asked.values())

    def verdicts(broken: str = "") -> dict[str, str]:
        said = server.psql(f"begin; {broken}; {queries}; rollback", "checked").split()
        answers = dict(zip([one.sql for one in asked.values()], map(float, said), strict=True))
        return {name: judged_answer(lambda sql: answers[sql], one).verdict for name, one in asked.items()}

    assert {*verdicts().values()} == {"pass"}
    for name, broken in SPOILED.items():
        assert [other for other, verdict in verdicts(broken).items() if verdict == "fail"] == [name]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--recall", "QUESTION", "--at", LONG_AGO], "both a question and a reason"),
        (["--recall", "QUESTION", "--reason", "4711"], "needs the day"),
        (["--recall", "QUESTION", "--reason", "4711", "--at", LONG_AGO, "--oldest"], "--oldest can't be combined"),
        (["--oldest", "--at", LONG_AGO], "--oldest can't be combined"),
        (["--recall", "WRITES", "--reason", "4711", "--at", LONG_AGO], "the question begins with 'delete'"),
    ],
)
def test_what_does_not_go_together_is_refused(
    fresh: Machine, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (fresh.root / "QUESTION").write_text("select 1")
    (fresh.root / "WRITES").write_text("delete from donors")
    named = [str(fresh.root / word) if word.isupper() else word for word in words]
    assert fresh.seawall("drill", "his", *named) == 3
    assert said in capsys.readouterr().err
