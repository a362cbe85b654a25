"""A new inventory from answers and from what servers say: it passes the check, or nothing is left behind."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from healthy import quick
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops import cli
from ops.core.errors import PolicyError, SeawallError, UsageError
from ops.fleet.new_policy import make
from ops.fleet.new_policy.look import LIMIT, Seen, understood
from ops.fleet.new_policy.propose import MOST_ASSETS, MOST_SEPARATE, propose
from ops.fleet.new_policy.render import scalar
from ops.fleet.ssh.ask import Answer
from ops.interfaces.discovery import Found
from ops.interfaces.state import Unsearched

sys.path.insert(0, str(Path(__file__).parent))
from new_site import DAY, FLAGS, FULL, answers, policies, written

FOUND = (
    Found("postgresql:5432/his", "a PostgreSQL database", 3 << 30),
    Found("postgresql:5433/old", "a PostgreSQL database", 1 << 20),
    Found("mariadb:/run/mysqld/mysqld.sock/pharmacy", "a MariaDB database", 0),
    Found("mariadb:/srv/db/my.sock/billing", "a MariaDB database", 5),
    Found("sqlite:/srv/agenda/agenda.sqlite", "a SQLite file that python3 has open", 4096),
    Found("path:/srv/documents", "a folder", 7 << 30, least=True),
)


@pytest.mark.parametrize("more", [{}, FULL])
def test_what_was_answered_and_found_is_an_inventory_that_passes(
    more: dict[str, str], tmp_path: Path, quick_inventory: None
) -> None:
    path = written(tmp_path, {"his1": Seen("bookworm", found=FOUND)}, **more)
    found = policies(path)
    his1 = found["his1"]
    assert set(his1.assets) == {"his", "old", "pharmacy", "billing", "agenda", "documents", "etc_his1"}
    assert set(found["docs1"].assets) == {"etc_docs1"}
    assert his1.assets["old"].sources["database"].options["port"] == 5433
    assert his1.assets["billing"].sources["database"].options["socket"] == "/srv/db/my.sock"
    assert his1.assets["documents"].sources["files"].options["paths"] == ["/srv/documents"]
    assert set(his1.clients) == set()
    assert set(found["backup1"].clients) == {"his1", "docs1"}
    assert {bool(asset.copies) for asset in his1.assets.values()} == {bool(more)}
    assert {bool(asset.drill) for asset in his1.assets.values()} == {bool(more)}
    groups = quick(path).groups
    assert groups["postgresql_hosts"] == groups["mariadb_hosts"] == ("his1",)
    assert "GiB on 2026-11-26" in (path / "host_vars/his1/policy.yml").read_text()


def test_ansible_reads_it_as_it_is_meant(tmp_path: Path) -> None:
    """The other tests read it the quick way."""
    found = policies(written(tmp_path, {"his1": Seen("trixie", found=FOUND)}, **FULL))
    drill = found["his1"].assets["his"].drill
    assert drill is not None
    assert (drill.host, drill.release) == ("drill1", "trixie")


def test_many_databases_of_one_server_become_one_asset(tmp_path: Path, quick_inventory: None) -> None:
    many = tuple(Found(f"postgresql:5432/d{n}", "a PostgreSQL database", 1 << 20) for n in range(MOST_SEPARATE + 1))
    found = policies(written(tmp_path, {"his1": Seen("bookworm", found=many)}))
    assert found["his1"].assets["postgresql_his1"].sources["database"].options["all"]


def test_two_servers_with_the_same_databases_have_assets_of_different_names(
    tmp_path: Path, quick_inventory: None
) -> None:
    both = {server: Seen("bookworm", found=FOUND) for server in ("his1", "docs1")}
    assert {"his", "etc_his1"} <= set((found := policies(written(tmp_path, both)))["his1"].assets)
    assert "his_docs1" in found["docs1"].assets


HOSTILE = [
    Found("postgresql:5432/{{ lookup('pipe', 'id') }}", "a PostgreSQL database"),
    Found("postgresql:5432/a\nb", "a PostgreSQL database"),
    Found("postgresql:5432", "a PostgreSQL server; its databases can't be listed: \x1b[31mred"),
    Found("postgresql:x/y", "a PostgreSQL database"),
    Found("mariadb:../../x.sock/y", "a MariaDB database"),
    Found("sqlite:machine-x:/srv/a.db", "a SQLite file in a container"),
    Found("path:/srv/../etc/shadow", "a folder"),
    Found("path:relative", "a folder"),
    Found("path:/srv/{# c", "a folder"),
    Found("path:/mnt/nas", "a network volume (nfs4)", apart=True),
    Found("shell:rm -rf /", "nothing"),
    Found("", "nothing"),
]


@pytest.mark.parametrize("found", HOSTILE, ids=lambda found: found.name)
def test_what_a_policy_cannot_hold_becomes_a_note(found: Found, tmp_path: Path, quick_inventory: None) -> None:
    seen = Seen("bookworm", found=(found,))
    proposal = propose("his1", seen, set())
    assert not proposal.assets
    (note,) = proposal.notes
    assert note.isprintable()
    path = written(tmp_path, {"his1": seen})
    assert set(policies(path)["his1"].assets) == {"etc_his1"}
    assert f"# - {note}\n" in (path / "host_vars/his1/policy.yml").read_text()


@pytest.mark.unmeasured
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.tuples(st.sampled_from(["postgresql:5432/", "sqlite:/", "path:/"]), st.text(max_size=90))))
def test_whatever_servers_call_their_data_the_inventory_passes(
    names: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory, quick_inventory: None
) -> None:
    found = tuple(Found(sort + name, "something", 5) for sort, name in names)
    path = written(tmp_path_factory.mktemp("site"), {"his1": Seen("bookworm", found=found)})
    assert "etc_his1" in policies(path)["his1"].assets


def test_more_assets_than_anybody_looks_at_are_not_made() -> None:
    seen = Seen("bookworm", found=tuple(Found(f"path:/srv/same{n}/same", "a folder") for n in range(MOST_ASSETS + 3)))
    proposal = propose("his1", seen, set())
    assert len(proposal.assets) == len({asset.name for asset in proposal.assets}) == MOST_ASSETS
    assert len(proposal.notes) == 3


def test_what_was_not_looked_for_is_said() -> None:
    assert propose("his1", Seen("x", unlooked=(Unsearched(sort="mariadb", message="no\x07"),)), set()).notes == [
        "not looked for: mariadb (no\N{REPLACEMENT CHARACTER})"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Traceback (most recent call last)",
        "[]",
        '{"release": 5}',
        '{"release": "x", "found": [{"name": 5}]}',
        '{"release": "x", "found": "y"}',
        '{"release": "x", "more": 1}',
        '{"release": "x", "found": [{"name": "a", "bytes": "many"}]}',
        json.dumps({"release": "x" * 10_000}),
        json.dumps({"release": "x", "found": [{"name": "a"}] * 20_001}),
        "[" * 10_000,
        '{"release": "' + "x" * LIMIT + '"}',
    ],
)
def test_an_answer_that_is_none_is_nothing(text: str) -> None:
    assert understood(text) is None


def test_an_answer_is_understood() -> None:
    told = {"release": "trixie", "unresolved": ["b"], "found": [{"name": "path:/srv"}], "unlooked": []}
    assert understood(json.dumps(told)) == Seen("trixie", ("b",), (Found("path:/srv"),), ())


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_nothing_is_overwritten(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site"
    if kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.write_text("mine")
    else:
        path.symlink_to("nowhere")
    assert cli.run(["policy", "new", str(path)]) == 2  # before a single question
    assert "already exists" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_what_came_into_its_place_meanwhile_is_not_overwritten(tmp_path: Path, quick_inventory: None) -> None:
    made = make.draft(answers(), {}, DAY)
    (tmp_path / "site").mkdir()
    with pytest.raises(UsageError, match="already exists"):
        make.write(made, tmp_path / "site", dry_run=False)
    assert not list((tmp_path / "site").iterdir())


def test_an_inventory_that_would_not_pass_is_not_written(tmp_path: Path, quick_inventory: None) -> None:
    made = make.draft(answers(), {}, DAY)
    texts = {name: text.replace("rto: 8h", "rto: soon") for name, text in made.texts.items()}
    with pytest.raises(PolicyError) as told:
        make.write(make.Draft(texts, made.proposals), tmp_path / "site", dry_run=False)
    assert {problem.where for problem in told.value.problems} == {f"{tmp_path}/site/group_vars/all/policy.yml:22"}
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(SeawallError, match="can't be written"):
        make.write(make.draft(answers(), {}, DAY), tmp_path / "nowhere/site", dry_run=False)


def test_a_dry_run_prints_every_file_and_writes_none(
    tmp_path: Path, quick_inventory: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["policy", "new", str(tmp_path / "site"), *FLAGS, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert f"# {tmp_path}/site/hosts.yml\n" in printed
    assert "policy__all:" in printed
    assert not list(tmp_path.iterdir())


def test_the_next_commands_are_said(tmp_path: Path, quick_inventory: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["policy", "new", str(tmp_path / "site"), *FLAGS]) == 0
    assert f"ansible-playbook -i {tmp_path}/site playbooks/site.yml" in capsys.readouterr().out


def test_a_machine_that_does_not_answer_is_warned_of_and_the_rest_is_written(
    tmp_path: Path, quick_inventory: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANSIBLE_SSH_COMMON_ARGS", "-F none -o ProxyCommand=/bin/false")
    assert cli.run(["policy", "new", str(tmp_path / "site"), *FLAGS, "--look", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [warning.partition(" was not looked at")[0] for warning in told["warnings"]] == ["his1", "docs1", "backup1"]
    assert told["assets"] == ["etc_docs1", "etc_his1"]


def test_what_stands_in_the_way_of_backups_is_warned_of() -> None:
    looked = {
        "his1": Answer(Seen("bookworm", unresolved=("backup1",))),
        "docs1": Answer(Seen("trixie")),
        "backup1": Answer(Seen("bookworm")),
    }
    name, release = make.warnings(answers(), looked)
    assert name.startswith("his1 does not know the name backup1; add it to its DNS or /etc/hosts")
    assert release == "backup1 runs Debian bookworm; a backup host needs 13 (trixie)"
    assert make.warnings(answers(), {"docs1": Answer(Seen("bookworm")), "backup1": Answer(Seen("trixie"))}) == []


@given(st.text(max_size=60).filter(str.isprintable))
def test_a_text_is_written_so_that_yaml_reads_the_same(text: str) -> None:
    assert yaml.safe_load(f"a: {{b: {scalar(text)}, c: [{scalar(text)}]}}") == {"a": {"b": text, "c": [text]}}
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
