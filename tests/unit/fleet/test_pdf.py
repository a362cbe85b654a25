"""Pages as PDFs: every letter, in fonts that are inside; nothing fetched; the same page gives the same bytes."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from ops.core.errors import Damaged, Unavailable
from ops.fleet import pdf
from ops.reports import record_html
from ops.reports.drill_record import Names
from ops.reports.status import html as status_html

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
from drill_record import NAMES, TOLD, evidence, record
from sample import FLEET, typed
from test_record import crowded

WORLD = ("Žofie Dvořáková", "Małgorzata Śliwińska-Żółć", "Γιώργος Παπαδόπουλος", "王小明", "北京协和醫院", "São Lucas")


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in read(content).pages]


def fonts_of(content: bytes) -> dict[str, bool]:
    """The fonts of a PDF: by name, whether its letters are inside."""
    found = {}
    for page in read(content).pages:
        for font in page["/Resources"]["/Font"].values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            found[str(below["/BaseFont"])] = "/FontFile2" in below["/FontDescriptor"].get_object()
    return found


@pytest.fixture(scope="module")
def signed() -> bytes:
    return pdf.printed(record_html.render(evidence(), Names(WORLD[4], "UTC", ", ".join(WORLD))))


@pytest.mark.parametrize("name", WORLD)
def test_every_letter_of_a_name_is_there(signed: bytes, name: str) -> None:
    assert name in text_of(signed)[0]


def test_the_letters_are_inside(signed: bytes) -> None:
    fonts = fonts_of(signed)
    assert all(fonts.values())
    assert {name.partition("+")[2] for name in fonts} == {
        "DejaVu-Sans",
        "DejaVu-Sans-Bold",
        "DejaVu-Sans-Mono",
        "WenQuanYi-Micro-Hei",
    }


def test_an_ordinary_record_is_one_sheet_of_a4_with_its_number(signed: bytes) -> None:
    (page,) = read(signed).pages
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    (text,) = text_of(signed)
    assert "1 / 1" in text
    assert text.count(f"Record 41 of drill1, SHA-256 {'12' * 32}") == 2


def test_a_long_record_goes_on_and_its_signatures_stay_together() -> None:
    pages = text_of(pdf.printed(record_html.render(evidence(crowded()), NAMES)))
    assert [f"{n} / {len(pages)}" in text for n, text in enumerate(pages, 1)] == [True] * len(pages)
    assert all("Record 41 of drill1" in text for text in pages)
    assert ["Signatures Name Function Date Signature" in text for text in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("lines", [13, 14, 15])
def test_a_table_for_signatures_is_never_divided(lines: int) -> None:
    """With so many lines its heading would be the last thing on the first sheet, and its rows the first on the next."""
    long, short = divmod(lines, 5)  # the longest text that is not cut short takes five lines
    line = record(**{**TOLD, "not_proved": ["word " * 95] * long + ["short"] * short})
    first, last = text_of(pdf.printed(record_html.render(evidence(line), NAMES)))
    assert "Signatures Name" not in first
    assert "Signatures Name Function Date Signature" in last


def test_the_same_page_gives_the_same_bytes_in_another_process(signed: bytes) -> None:
    page = record_html.render(evidence(record(**TOLD)), Names(WORLD[4], "UTC", ", ".join(WORLD)))
    again = "import sys; from ops.fleet.pdf import printed; sys.stdout.buffer.write(printed(sys.stdin.read()))"
    done = subprocess.run([sys.executable, "-c", again], input=page.encode(), capture_output=True, check=True)
    assert done.stdout == signed


def test_the_report_is_printed_with_all_its_machines() -> None:
    text = " ".join(text_of(pdf.printed(status_html.render(typed(FLEET)))))
    assert all(name in text for name in FLEET["machines"])


@pytest.mark.parametrize(
    "part",
    [
        '<img src="file:///etc/hostname">',
        '<img src="http://192.0.2.1/x.png">',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        "<style>body { background: url(ftp://192.0.2.1/x) }</style>",
    ],
)
def test_nothing_is_fetched(part: str) -> None:
    with pytest.raises(Damaged, match="nothing is fetched for a PDF"):
        pdf.printed(f"<!doctype html><html><head></head><body>{part}</body></html>")


def test_letters_that_no_font_has_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    pdf.printed("<!doctype html><p>हिन्दी and Ž</p>")
    assert "fonts of the PDF lack these letters" in (said := capsys.readouterr().err)
    assert "ह" in said
    assert "Ž" not in said


def test_a_missing_font_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "FONTS", {tmp_path / "none.ttc": "fonts-wqy-microhei"})
    with pytest.raises(Unavailable, match="apt install fonts-wqy-microhei"):
        pdf.printed("<p>x</p>")


def test_the_fonts_are_those_that_the_pages_ask_for_and_set_up_installs(checkout: Path) -> None:
    asked = (checkout / "templates/print.css").read_text()
    assert '"DejaVu Sans"' in asked
    assert '"WenQuanYi Micro Hei"' in asked
    installed = (checkout / "ops/lab/setup.sh").read_text()
    assert all(package in installed for package in pdf.FONTS.values())
