"""What a looked-at server may say to get a hand into the inventory that is made of its answer: nothing of it works."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops import cli
from ops.core.errors import Damaged, Problem
from ops.fleet.new_policy import make
from ops.fleet.new_policy.look import Seen, understood
from ops.fleet.new_policy.propose import Proposal
from ops.fleet.new_policy.render import comment, files
from ops.fleet.ssh.ask import Answer
from ops.interfaces.discovery import Found

sys.path.insert(0, str(Path(__file__).parent))
from new_site import DAY, FLAGS, FULL, answers

ENDS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]  # what anything takes for a line's end
INTO = "ansible_connection: local"
NONE = Seen("bookworm")


@pytest.mark.parametrize(
    "more",
    [
        {"unlooked": [{"sort": f"mariadb\n{INTO}", "message": ""}]},
        {"unlooked": [{"sort": "machines", "message": ""}]},
        {"release": "trixie\x1b[2J"},
        {"release": "\u2028"},
        {"release": "x" * 33},
    ],
)
def test_an_answer_that_nothing_of_ours_gives_is_none(more: dict[str, object]) -> None:
    assert understood(json.dumps({"release": "trixie", "unlooked": [{"sort": "sqlite", "message": "\n"}]}))
    assert understood(json.dumps({"release": "trixie"} | more)) is None


def test_a_warning_names_only_what_was_asked_for() -> None:
    told = ("\x1b]0;x\x07", "backup2", "backup1", "backup1")
    looked = {"his1": Answer(replace(NONE, unresolved=told)), "docs1": Answer(None, "said nothing")}
    name, none = make.warnings(answers(), looked)
    assert name.startswith("his1 does not know the name backup1;")
    assert none == "docs1 was not looked at: said nothing"


def test_what_is_warned_of_moves_no_cursor(
    tmp_path: Path, quick_inventory: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(make, "look_at", lambda _: {"his1": Answer(None, "no\x1b[2J\r\nwarning: all is well")})
    assert cli.run(["policy", "new", str(tmp_path / "site"), *FLAGS, "--look"]) == 0
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert warning.isprintable()


REFUSED = ["path:/proc", "path:/sys/fs", "path:/dev", "path:/etc", "path://", "path:/run", "sqlite:/?"]


@pytest.mark.parametrize("more", [{}, FULL], ids=["least", "full"])
def test_what_the_check_refuses_of_a_server_is_a_note_and_keeps_nothing_else_back(
    more: dict[str, str], tmp_path: Path, quick_inventory: None
) -> None:
    good = (Found("path:/srv/documents", "a folder"),)
    bad = tuple(Found(name, "a folder") for name in REFUSED)
    seen = {"his1": replace(NONE, found=(*bad[:3], *good, *bad[3:])), "docs1": replace(NONE, found=good)}
    made = make.draft(answers(**more), seen, DAY)
    names = make.write(made, tmp_path / "site", dry_run=False)
    assert names == ["documents", "documents_docs1", "etc_docs1", "etc_his1"]
    assert len(made.proposals["his1"].notes) == len(REFUSED)
    assert made.proposals["docs1"].notes == []
    assert "# - Files below /proc: /proc holds nothing that lasts" in made.texts["host_vars/his1/policy.yml"]


def test_where_nothing_says_whose_the_problem_is_every_proposal_is_a_note(
    quick_inventory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {name: replace(NONE, found=(Found("path:/srv/documents"),)) for name in ("his1", "docs1")}
    monkeypatch.setattr(make, "judge", lambda _: ({}, [Problem("policy.site", "is strange")]))
    made = make.draft(answers(), seen, DAY)
    assert [proposal.notes for proposal in made.proposals.values()] == [["Files below /srv/documents: is strange"]] * 2


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_a_note_stays_a_comment(end: str) -> None:
    proposal = Proposal(notes=[f"found{end}{INTO}"])
    texts = files(answers(), {"his1": proposal, "docs1": Proposal()}, {"his1": NONE}, DAY)
    written = texts["host_vars/his1/policy.yml"]
    assert yaml.safe_load(written) is None
    assert len(written.splitlines()) == 4


@given(st.text())
def test_a_comment_is_one_line_of_nothing_else(text: str) -> None:
    assert len(comment(text).splitlines()) == 1
    assert yaml.safe_load(comment(text)) is None


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("host_vars/his1/policy.yml", INTO),
        ("host_vars/his1/policy.yml", "policy__all: {}"),
        ("group_vars/servers/policy.yml", "ansible_user: root"),
        ("group_vars/all/connection.yml", "ansible_ssh_common_args: -o ProxyCommand=id"),
        ("group_vars/all/policy.yml", "---\na: b"),
        ("hosts.yml", INTO),
        ("host_vars/docs1/policy.yml", "- a list"),
    ],
)
def test_a_file_with_any_other_variable_than_its_own_is_not_written(
    name: str, more: str, tmp_path: Path, quick_inventory: None
) -> None:
    made = make.draft(answers(), {}, DAY)
    make.write(made, tmp_path / "site", dry_run=True)
    texts = {**made.texts, name: f"{made.texts.get(name, '')}{more}\n"}
    with pytest.raises(Damaged, match=f"{name} would"):
        make.write(replace(made, texts=texts), tmp_path / "site", dry_run=False)
    assert not list(tmp_path.iterdir())
