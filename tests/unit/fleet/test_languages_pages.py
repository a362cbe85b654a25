"""Every page in every language: nothing of our English is left, no field is lost, and paper has all letters.

What people or machines wrote stays as it is: names, summaries, messages of findings; and so do commands and codes.
"""

import io
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from gettext import NullTranslations
from pathlib import Path
from string import Formatter

import pytest
from pypdf import PdfReader

from ops.fleet import pdf
from ops.fleet.key_sheet import form
from ops.fleet.key_sheet import render as key_sheet
from ops.fleet.runbook import render as runbook
from ops.reports import record_html
from ops.reports.catalogue import speaking
from ops.reports.period.mail import letter
from ops.reports.status import html as status_html
from ops.reports.status import text as status_text

sys.path.insert(0, str(Path(__file__).parent.parent / "reports"))
import fifty
import periods
from catalogues import Marked, Read, strings
from drill_record import NAMES, TOLD, evidence, record
from sample import fleet, typed
from test_catalogue import full
from test_catalogue_report import DUTIES
from test_keysheet import DOOR, DOTTED, SITE
from test_languages import SOURCES, spoken, wanted
from test_runbook import site, told  # noqa: F401 -- fixtures

AS_IN_ENGLISH = ("1,234.5", "{year}-{month}-{day}")  # so that figures and dates can be compared


class Through(Marked):
    """Says everything in another language, with its words marked, and dates and figures as in English."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.spoken = spoken(language) if language != "en" else NullTranslations()

    def gettext(self, message: str) -> str:
        return message if message in AS_IN_ENGLISH else super().gettext(self.spoken.gettext(message))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return super().gettext(self.spoken.ngettext(one, many, count))


def report() -> str:
    return status_html.render(replace(typed(fleet()), duties=DUTIES))


def table() -> str:
    return status_text.render(replace(fifty.troubled(), duties=DUTIES))


def of_a_week() -> str:
    return status_html.render(replace(fifty.troubled(), duties=DUTIES), periods.troubled("weekly"))


def of_a_day() -> str:
    return letter(fifty.troubled(), periods.troubled("daily")).html


def of_a_year_as_text() -> str:
    return status_text.render(fifty.troubled(), periods.troubled("yearly"))


def of_a_drill() -> str:
    return record_html.render(evidence(full()), NAMES)


def of_an_old_drill() -> str:
    return record_html.render(evidence(record(not_proved=[])), NAMES)


def blocks() -> list[form.Block]:
    return form.blocks([DOOR, DOTTED], "ab12" * 16, {"offsite1": "192.0.2.9"}, "Correct-Horse/9+x")


def sheet() -> str:
    return key_sheet.html(blocks(), SITE, "claudia")


def sheet_as_text() -> str:
    return key_sheet.text(blocks(), SITE, "claudia")


# What people and machines wrote, who may happen to use words of ours.
WROTE = {
    *strings(fleet()),
    *strings(fifty.troubled().written()),
    *strings(periods.troubled().written()),
    *strings(full()),
    *strings(record(**TOLD)),
}
PAGES = {
    made.__name__: made
    for made in (
        report,
        table,
        of_a_week,
        of_a_day,
        of_a_year_as_text,
        of_a_drill,
        of_an_old_drill,
        sheet,
        sheet_as_text,
    )
}


def read(page: str) -> str:
    return " ".join(Read(page).words) if page.startswith("<!doctype") else page


def values(made: Callable[[], str], language: str) -> Counter[str]:
    """What a page shows beside the words of the catalogue: each field, however often."""
    with speaking(Through(language)):
        shown = read(made())
    assert "⟦" in shown
    left = re.sub(r"⟦[^⟦⟧]*⟧", " ", " ".join(shown.split()))
    moments = re.sub(r"\d\d:\d\d\b", "", left)  # a page is of the minute in which it is made
    return Counter(word.strip(".:") for word in re.findall(r"[\w./:+%-]+", moments) if re.search(r"\w", word))


def english() -> set[str]:
    """Every part of our messages that has at least two words, as it stands between placeholders."""
    found = set()
    for message in wanted():
        for one in message.id if isinstance(message.id, tuple) else (message.id,):
            parts = (re.sub(r"`[^`]*`", "\0", said).split("\0") for said, *_ in Formatter().parse(one))
            found |= {" ".join(piece.split()) for part in parts for piece in part}
    return {part.strip(" .,:;()") for part in found if len(re.findall(r"[A-Za-z]{2,}", part)) > 1}


ENGLISH = english()


@contextmanager
def _in(language: str):
    with speaking(spoken(language)):
        yield


def left_over(page: str) -> list[str]:
    """Return the parts of our English that a page of another language has."""
    shown = " ".join(read(page).split())
    for wrote in sorted(WROTE, key=len, reverse=True):
        shown = shown.replace(wrote, " ") if " " in wrote else shown
    return [part for part in sorted(ENGLISH) if re.search(rf"\b{re.escape(part)}\b", shown)]


def same(made: Callable[[], str], language: str) -> None:
    lost, added = values(made, "en") - values(made, language), values(made, language) - values(made, "en")
    assert not lost, lost
    assert not added, added


@pytest.mark.parametrize("language", SOURCES)
@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
def test_a_page_shows_the_same_fields(made: Callable[[], str], language: str) -> None:
    same(made, language)


@pytest.mark.parametrize("language", SOURCES)
@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
def test_a_page_has_none_of_our_english(made: Callable[[], str], language: str) -> None:
    with _in(language):
        page = made()
    assert left_over(page) == []


@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
def test_our_english_is_found_in_a_page_without_a_catalogue(made: Callable[[], str]) -> None:
    assert len(left_over(made())) > 2


@pytest.mark.usefixtures("quick_inventory", "told")
def test_a_runbook_in_every_language(told: Path) -> None:  # noqa: F811 -- the fixture
    gathered = runbook.gathered(told)

    def text() -> str:
        return runbook.text(gathered, runbook.written(gathered))

    def page() -> str:
        return runbook.html(gathered, runbook.written(gathered))

    for language in SOURCES:
        for made in (text, page):
            same(made, language)
            with _in(language):
                shown = made()
            assert left_over(shown) == [], language
        assert pdf.letters_lacking(shown) == ""
        assert f'<html lang="{language.replace("_", "-")}"' in shown


@pytest.mark.parametrize("language", SOURCES)
def test_what_is_typed_from_a_sheet_is_read_whatever_its_language(language: str) -> None:
    with _in(language):
        typed = form.read(sheet_as_text())
    assert (typed.wrong, typed.lacks()) == ([], [])
    assert list(typed.doors({"offsite": "rest_server"})) == [DOOR, DOTTED]


@pytest.mark.parametrize("language", SOURCES)
def test_a_page_names_its_language(language: str) -> None:
    with _in(language):
        assert f'<html lang="{language.replace("_", "-")}"' in report()
    assert '<html lang="en"' in report()


@pytest.mark.parametrize("language", SOURCES)
@pytest.mark.parametrize("made", (report, of_a_drill, sheet), ids=lambda made: made.__name__)
def test_paper_has_every_letter(made: Callable[[], str], language: str) -> None:
    with _in(language):
        assert pdf.letters_lacking(made()) == ""


@pytest.mark.parametrize(
    ("language", "heading"), {"cs": "Nápravná opatření", "pt_BR": "Ações corretivas", "zh_CN": "纠正措施"}.items()
)
def test_a_record_on_paper_can_be_read_and_is_one_sheet(language: str, heading: str) -> None:
    with _in(language):
        (page,) = PdfReader(io.BytesIO(pdf.printed(record_html.render(evidence(record(**TOLD)), NAMES)))).pages
    assert heading in page.extract_text()


@pytest.mark.parametrize("language", SOURCES)
def test_a_table_of_a_terminal_keeps_its_columns(language: str) -> None:
    from ops.reports.columns import aligned, width

    with _in(language):
        head, *rows = aligned([("资产", "b"), ("his", "c")])
    assert width(head.partition("b")[0]) == width(rows[0].partition("c")[0])
