"""The page in a browser: fifty assets on two screens, nothing wider than a telephone, grey when it is out of date.

Skipped where there is no Chromium; `apt install chromium` brings it.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ops.core import clock
from ops.interfaces.fleet_status import FleetStatus
from ops.reports.status import html as status_html

sys.path.insert(0, str(Path(__file__).parent))
import fifty

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")
SCREENS = 2 * 800  # pixels
# A page of a program that looks at the page in a frame; it reads what a person sees.
FRAME = """<!doctype html><iframe id="page" style="width: {width}px; height: 800px; border: 0" srcdoc="{page}"></iframe>
<pre id="seen"></pre><script>
document.getElementById("page").onload = function () {{
  var page = this.contentDocument, seen = document.getElementById("seen"), word = page.querySelector("[popover]");
  var rows = page.querySelectorAll(".asset > summary"), before = word.checkVisibility();
  page.querySelector("[popovertarget=" + word.id + "]").click();
  seen.textContent = [
    "bottom=" + Math.ceil(rows[rows.length - 1].getBoundingClientRect().bottom),
    "wide=" + page.documentElement.scrollWidth,
    "height=" + Math.max(...Array.from(rows, (row) => row.getBoundingClientRect().height)),
    "past=" + page.documentElement.classList.contains("past"),
    "grey=" + page.defaultView.getComputedStyle(page.querySelector("main")).filter,
    "told=" + page.querySelector(".outdated").checkVisibility(),
    "word=" + before + word.checkVisibility(),
  ].join(";");
}};
</script>"""


def seen(status: FleetStatus, width: int, folder: Path) -> dict[str, str]:
    """Return what a browser makes of the page of a status, shown so many pixels wide."""
    frame = folder / "frame.html"
    frame.write_text(FRAME.format(width=width, page=html.escape(status_html.render(status))), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom"]
    done = subprocess.run(
        [
            str(CHROMIUM),
            *options,
            f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=2000",
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (found,) = re.findall(r'<pre id="seen">(.+?)</pre>', done.stdout)
    return dict(part.split("=", 1) for part in found.split(";"))


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Look at the page of a healthy hospital, made just now, on a desk."""
    status = replace(fifty.healthy(), time=clock.iso(clock.now()))
    return seen(status, 1280, tmp_path_factory.mktemp("present"))


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Look at the page of a hospital in trouble, made more than a day ago, on a telephone."""
    status = replace(fifty.troubled(), time=clock.iso(clock.now() - timedelta(hours=27)))
    return seen(status, 390, tmp_path_factory.mktemp("past"))


def test_fifty_assets_fit_on_two_screens_one_line_each(present: dict[str, str]) -> None:
    assert int(present["bottom"]) <= SCREENS
    assert float(present["height"]) < 30


def test_nothing_is_wider_than_the_screen(present: dict[str, str], past: dict[str, str]) -> None:
    assert int(present["wide"]) <= 1280
    assert int(past["wide"]) <= 390


def test_a_page_that_is_out_of_date_turns_grey_by_itself(present: dict[str, str], past: dict[str, str]) -> None:
    assert [present[what] for what in ("past", "grey", "told")] == ["false", "none", "false"]
    assert [past[what] for what in ("past", "grey", "told")] == ["true", "grayscale(1)", "true"]


def test_a_word_is_explained_when_it_is_touched(present: dict[str, str], past: dict[str, str]) -> None:
    assert (present["word"], past["word"]) == ("falsetrue", "falsetrue")
