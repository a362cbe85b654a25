from __future__ import annotations

import html
import re
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ops.core.verdict import Verdict
from ops.reports import environment, templates
from ops.reports.status import html as status_html
from ops.reports.status.words import words

sys.path.insert(0, str(Path(__file__).parent))
import fifty
from sample import fleet, healthy, typed

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page; fails where an element is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.extend(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(status_html.render(typed(fleet())))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_the_page_fetches_nothing(page: Page) -> None:
    assert not {name for name, _ in page.attributes} & {"src", "href", "srcset", "onload", "onclick"}
    assert not re.search(r"url\(|@import|https?:", status_html.render(typed(fleet())))


def test_it_is_made_for_telephones_and_paper() -> None:
    text = status_html.render(typed(fleet()))
    assert 'name="viewport"' in text
    assert "@media print" in text
    assert "@page" in text


def test_the_worst_stands_on_top(page: Page) -> None:
    text = page.text
    assert text.index("Something is not as the policy requires") < text.index("What needs a person today")
    assert text.index("Picture archive") < text.index("Analysers") < text.index("Hospital information system")


@pytest.mark.parametrize(
    "words",
    [
        "Hospital São Lucas",
        "2026-11-22 11:05 America/Sao_Paulo",
        "3 assets: 1 fail, 1 unknown, 1 pass",
        "9h 26min old RPO 1d 2h",
        "7min 4s to recover RTO 1h",
        "restore 4min 48s",
        "312 tables as in the manifest",
        "from offsite · data 1d 2h old",
        "offsite 2026-11-20 02:20",
        "none yet, first due 2026-11-30",
        "lab1 gave no status",
        "The policy requires none: the restore is not proven.",
        "does not answer: Could not connect (timed out)",
        "policy differs: run playbooks/site.yml",
        "on battery and the battery is low",
    ],
)
def test_what_people_need_to_know_is_there(page: Page, words: str) -> None:
    assert words in page.text


def test_nothing_is_claimed_of_what_is_not_known(page: Page) -> None:
    laboratory = page.text.split("Analysers")[1].split("Hospital information system")[0]
    assert "not known" in laboratory
    assert "never" not in laboratory


def test_a_healthy_fleet_needs_no_attention() -> None:
    text = Page(status_html.render(typed(healthy()))).text
    assert "Everything is as the policy requires" in text
    assert "What needs a person today" not in text


def test_what_machines_say_is_never_markup() -> None:
    status = fleet()
    status["machines"]["lab1"]["message"] = "<script>alert(1)</script>"
    status["site"]["name"] = "<b>x</b>"
    text = status_html.render(typed(status))
    assert "<script>alert" not in text
    assert text.count("<script") == 1
    assert "<b>x</b>" not in text


def test_only_the_page_s_own_script_may_run() -> None:
    text = status_html.render(typed(fleet()))
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert f"script-src 'sha256-{digest}'" in html.unescape(policy)
    assert "default-src 'none'" in html.unescape(policy)
    assert "unsafe-inline'; script" in html.unescape(policy)  # the styles' one, not the script's


def test_the_page_says_without_a_script_how_long_it_is_valid(page: Page) -> None:
    assert "Valid until 2026-11-23 13:05 ; after that, make a new one" in page.text
    assert ("data-until", "2026-11-23T16:05:00Z") in page.attributes


def test_the_same_facts_give_the_same_bytes() -> None:
    assert status_html.render(fifty.troubled()) == status_html.render(fifty.troubled())


def opened(text: str) -> list[str]:
    return re.findall(r'<details class="(proof|item \w+ \w+)" open>', text)


def test_all_is_closed_when_all_is_well() -> None:
    assert opened(status_html.render(fifty.healthy())) == []


def test_what_is_not_well_is_open_with_the_proofs_of_its_drill() -> None:
    assert opened(status_html.render(fifty.troubled())) == [
        "item asset fail",
        "item asset fail",
        "proof",
        "item asset warn",
        "item duty warn",
        "item machine unknown",
    ]


def test_when_very_much_is_wrong_the_list_stays_a_list() -> None:
    status = fifty.healthy()
    bad = {name: replace(asset, verdict=Verdict.FAIL) for name, asset in status.assets.items()}
    assert opened(status_html.render(replace(status, assets=bad))) == []


def test_every_word_is_explained_where_it_is_touched(page: Page) -> None:
    asked = {value for name, value in page.attributes if name == "popovertarget"}
    known = {value for name, value in page.attributes if name == "id"}
    assert asked == known == {f"word-{key}" for key in words()}


def test_words_of_the_glossary_mean_the_same_here(checkout: Path) -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|", (checkout / "docs/glossary.md").read_text(), re.MULTILINE)
    glossary = {word: meaning.replace("`", "") for word, meaning in rows}
    shared = {word.word.lower(): word.meaning for word in words().values() if word.word.lower() in glossary}
    assert len(shared) > 7
    assert shared == {word: glossary[word] for word in shared}


def test_whom_to_call_stands_with_what_is_wrong() -> None:
    text = Page(status_html.render(fifty.troubled())).text
    call = "Call Head of IT, +351 239 000 101; deputy: Database administrator, +351 239 000 102"
    assert text.count(call) == 1  # over all that is theirs: the assets, and the machine on which those lie
    theirs = text.split(call)[1].split("Call Facility manager")[0]
    assert all(f" {name} " in theirs for name in ("his", "pacs", "laundry", "srv07"))
    assert "Call" not in Page(status_html.render(fifty.healthy())).text


def test_files_have_no_rows(page: Page) -> None:
    text = Page(status_html.render(fifty.healthy())).text
    assert "2.1 GiB · 12,124 files" in text
    assert "1.4 GiB · 41,118 rows" in text
    assert " 0 rows" not in text


def test_an_empty_fleet_has_a_page() -> None:
    status = {**fleet(), "assets": {}, "machines": {}, "site": {}, "verdict": "unknown"}
    assert "The policy protects nothing yet." in Page(status_html.render(typed(status))).text


def test_an_unknown_word_in_a_template_is_an_error() -> None:
    with pytest.raises(Exception, match="'sheet' is undefined"):
        environment().get_template("record.html.j2").render()


def test_templates_are_found_as_they_are_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "ops" / "_templates"
    shipped.mkdir(parents=True)
    monkeypatch.setattr("ops.reports.PACKAGE", tmp_path / "ops")
    assert templates() == shipped
    shipped.rmdir()
    (tmp_path / "templates").mkdir()
    assert templates() == tmp_path / "templates"


def test_gaps_stand_with_their_machine_and_excused_ones_with_their_reason(page: Page) -> None:
    assert "Not covered by any asset ! postgresql:5432/trial a PostgreSQL database, 214 MiB" in page.text
    assert "path:/mnt/pictures a network volume (nfs4); excused until 2027-03-31: its operator" in page.text
    assert page.text.count("Not covered by any asset") == 1


def test_no_page_has_a_character_that_moves_a_cursor_or_turns_letters() -> None:
    made = environment().from_string("{{ text }}{{ number }}{{ mark|safe }}")
    text = "a\x1b[2J\x9b\u202e\u2066\x00b"
    page = made.render(text=text, number=5, mark="<b>")
    assert page == "a\N{REPLACEMENT CHARACTER}[2J" + "\N{REPLACEMENT CHARACTER}" * 4 + "b5<b>"
