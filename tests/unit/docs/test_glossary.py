"""docs/glossary.md: few enough words to learn, each with its one meaning, each used."""

import re

from test_docs import CHECKOUT, DOCS

PAGE = CHECKOUT / "docs/glossary.md"
ENTRY = re.compile(r"^\| \*\*(.+?)\*\* \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
ENTRIES = [match.groups() for match in ENTRY.finditer(PAGE.read_text("utf-8"))]


def others() -> str:
    """Return the text of every page but the glossary itself."""
    text = "\n".join(path.read_text("utf-8") for path in DOCS if path != PAGE)
    return re.sub(r"\s+", " ", text).lower()


def test_there_are_at_most_thirty_words() -> None:
    assert 1 < len(ENTRIES) <= 30


def test_every_row_of_the_table_is_a_whole_entry() -> None:
    table = PAGE.read_text("utf-8").partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == len(ENTRIES) + 2  # the heading and its line


def test_each_word_has_one_meaning() -> None:
    words = [entry[0] for entry in ENTRIES]
    assert sorted(words) == sorted(set(words))


def test_each_word_is_used_in_the_pages() -> None:
    text = others()
    assert [word for word, *_ in ENTRIES if not re.search(rf"\b{re.escape(word)}", text)] == []


def test_readme_and_index_lead_to_the_glossary() -> None:
    assert "](docs/glossary.md)" in (CHECKOUT / "README.md").read_text("utf-8")
    assert "](glossary.md)" in (CHECKOUT / "docs/index.md").read_text("utf-8")
