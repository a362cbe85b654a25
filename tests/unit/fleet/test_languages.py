"""The catalogues: every message of the source in every language, with the same placeholders, and nothing else."""

import functools
import io
import os
import re
import shutil
from gettext import GNUTranslations
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.fleet.packaging import catalogues
from ops.reports import figures, languages
from ops.reports.catalogue import speaking, trn
from ops.reports.columns import padded, width, wrapped
from ops.reports.times import day, in_words, stamp

CHECKOUT = Path(catalogues.__file__).parents[3]
SOURCES = {catalogues.language(path): path for path in catalogues.sources(CHECKOUT)}
FORMS = {"pt_BR": {0: 0, 1: 0, 2: 1, 5: 1}, "cs": {1: 0, 2: 1, 4: 1, 0: 2, 5: 2, 22: 2}, "zh_CN": {0: 0, 1: 0, 2: 0}}
# What people of that country call the same, or what is no word at all.
SUBJECT = "{site}: {report}, {span}: {verdict}"
THE_SAME = {
    "pt_BR": {"RPO", "RTO", "{when}: {acts}", "{count} backup", "{count} backups", "backup", "Backups", SUBJECT},
    "cs": {"RPO", "RTO", "{when}: {acts}", "Hardware", "{good} z {all} pass", "incident", SUBJECT},
    "zh_CN": {"RPO", "RTO", "1,234.5", "{year}-{month}-{day}", "{year}-{month}"},
}


@functools.cache
def wanted() -> Catalog:
    """The messages of the source."""
    return catalogues.messages(CHECKOUT)


@functools.cache
def spoken(language: str) -> GNUTranslations:
    """What machines read of a catalogue as it is written now, whether or not set-up has run since."""
    return GNUTranslations(io.BytesIO(catalogues.compiled(SOURCES[language])))


def said(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The forms of a message in English, and in the language."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    return ids, message.string if isinstance(message.string, tuple) else (message.string,)


def messages(language: str) -> list[Message]:
    return [message for message in catalogues.read(SOURCES[language]) if message.id]


def names(text: str) -> set[str]:
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


def keys(catalogue: Catalog) -> list[tuple[str, ...]]:
    return sorted(said(message)[0] for message in catalogue if message.id)


def test_there_are_the_languages_of_the_first_sites() -> None:
    assert set(SOURCES) == {"cs", "pt_BR", "zh_CN"}
    assert languages.known() == ("en", *sorted(SOURCES))


def test_the_template_has_what_the_source_says() -> None:
    wanted = catalogues.template(CHECKOUT)
    assert (CHECKOUT / "locale" / catalogues.TEMPLATE).read_bytes() == wanted, "make messages"


@pytest.mark.parametrize("language", SOURCES)
def test_nothing_is_missing_and_nothing_is_stale(language: str) -> None:
    assert keys(catalogues.read(SOURCES[language])) == keys(wanted()), "make messages"


@pytest.mark.parametrize("language", SOURCES)
def test_every_message_is_translated(language: str) -> None:
    for message in messages(language):
        ids, strings = said(message)
        assert all(strings), ids
        assert not message.fuzzy, ids
        same = [one for one in strings if one in ids and one not in THE_SAME[language]]
        assert not same, same


@pytest.mark.parametrize("language", SOURCES)
def test_no_placeholder_is_lost_or_added(language: str) -> None:
    for message in messages(language):
        ids, strings = said(message)
        for place, one in enumerate(strings):
            alone = len(ids) == 2 and len(strings) > 1 and place == 0  # a form for one thing may leave its number out
            allowed = [names(ids[0]), names(ids[-1])] if alone else [names(ids[-1])]
            assert names(one) in allowed, (ids, one)


@pytest.mark.parametrize("language", SOURCES)
def test_commands_codes_lines_and_blanks_at_the_ends_stay(language: str) -> None:
    kept = re.compile(r"`[^`]*`|--[a-z-]+|\b(?:SHA-256|RPO|RTO|pass|warn|fail|unknown|ssh-keygen -Y verify)\b|\n|^ | $")
    for message in messages(language):
        ids, strings = said(message)
        for one in strings:
            if ids != ("by when is unknown",):  # not the verdict
                assert sorted(kept.findall(one)) == sorted(kept.findall(ids[-1])), (ids, one)


@pytest.mark.parametrize("language", SOURCES)
def test_every_count_has_its_form(language: str) -> None:
    """The forms themselves are the translators'; that each number takes its own is the catalogue's."""
    written = catalogues.read(SOURCES[language])
    (days,) = [one for one in written if one.id == ("{count} day", "{count} days")]
    with speaking(spoken(language)):
        for count, form in FORMS[language].items():
            assert trn("{count} day", "{count} days", count) == days.string[form].format(count=count)
    assert written.num_plurals == 1 + max(FORMS[language].values())


def test_czech_has_three_forms_and_chinese_one() -> None:
    with speaking(spoken("cs")):
        assert [in_words(86_400 * n) for n in (2, 5)] == ["2 dny", "5 dní"]
        assert in_words(60) == "1 minuta"
    with speaking(spoken("zh_CN")):
        assert [in_words(86_400 * n) for n in (2, 5)] == ["2 天", "5 天"]
    with speaking(spoken("pt_BR")):
        assert [in_words(n) for n in (60, 120)] == ["1 minuto", "2 minutos"]


WRITTEN = {
    "en": ("2026-11-02 04:05", "2026-11-02", "1,234,567", "1.5 GiB", "4.2s"),
    "pt_BR": ("02/11/2026 04:05", "02/11/2026", "1.234.567", "1,5 GiB", "4,2s"),
    "cs": ("02.11.2026 04:05", "02.11.2026", "1\xa0234\xa0567", "1,5 GiB", "4,2s"),
    "zh_CN": ("2026-11-02 04:05", "2026-11-02", "1,234,567", "1.5 GiB", "4.2s"),
}


@pytest.mark.parametrize("language", WRITTEN)
def test_dates_and_figures_are_the_languages_own(language: str) -> None:
    moment = "2026-11-02T07:05:00Z"
    with speaking(spoken(language) if language in SOURCES else languages.catalogue("en")):
        shown = stamp(moment, "America/Sao_Paulo").removesuffix(" America/Sao_Paulo")
        figure = (figures.count(1234567), figures.size(3 << 29), figures.span(4.2))
        assert (shown, day("2026-11-02"), *figure) == WRITTEN[language]
        assert figures.number(1.25) == "1.25".replace(".", WRITTEN[language][3][1])
        assert day("someday") == "someday"


def test_messages_in_f_strings_and_of_several_forms_are_found() -> None:
    source = b"""x = f"{tr('one'):<8} {len(y)}"\n# Translators: why\ntrn("{count} a", "{count} b", 3)\nother("no")\n"""
    found = list(catalogues.calls(io.BytesIO(source), catalogues.WORDS, catalogues.TOLD, {}))
    assert found == [(1, "tr", ("one",), []), (3, "trn", ("{count} a", "{count} b"), ["Translators: why"])]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A checkout with the catalogues alone, as translators have written them."""
    shutil.copytree(CHECKOUT / "locale", tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    return tmp_path


def test_what_machines_read_is_made_where_translators_wrote_since(copied: Path) -> None:
    assert len(catalogues.make(copied)) == len(SOURCES)
    assert catalogues.make(copied) == []
    first, *_ = catalogues.sources(copied)
    made = first.with_suffix(".mo")
    before = made.read_bytes()
    first.write_text(first.read_text().replace('msgstr "aktivum"', 'msgstr "majetek"'))
    os.utime(made, (0, 0))
    assert catalogues.make(copied) == [made]
    assert made.read_bytes() != before


def test_the_same_text_gives_the_same_bytes(copied: Path) -> None:
    for source in catalogues.sources(copied):
        assert catalogues.compiled(source) == catalogues.compiled(SOURCES[catalogues.language(source)])


def test_what_is_no_catalogue_is_told_with_its_path(copied: Path) -> None:
    source = catalogues.sources(copied)[0]
    source.write_text(source.read_text() + "rubbish\n")
    with pytest.raises(Damaged, match=r"seawall\.po is no catalogue"):
        catalogues.compiled(source)


def test_renewing_what_is_new_changes_nothing(copied: Path) -> None:
    for part in ("ops", "templates"):
        (copied / part).symlink_to(CHECKOUT / part)
    before = {path: path.read_bytes() for path in copied.glob("locale/**/*.po*")}
    catalogues.renew(copied)
    assert {path: path.read_bytes() for path in copied.glob("locale/**/*.po*")} == before


def test_a_language_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="'de' is not a language of Seawall; there are en, cs, pt_BR, zh_CN"):
        languages.catalogue("de")
    with pytest.raises(UsageError, match="did you mean 'pt_BR'"):
        languages.catalogue("pt-BR")
    assert languages.refusal("../cs")
    assert languages.catalogue("en").gettext("Asset") == "Asset"


def test_a_catalogue_that_was_not_made_says_how(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "folder", lambda: copied / "locale")
    with pytest.raises(Unavailable, match=r"seawall\.mo can't be read") as told:
        languages.catalogue("cs")
    assert told.value.hint == "make setup"
    catalogues.make(copied)
    assert languages.catalogue("cs").gettext("Asset") == "Aktivum"


def test_a_chinese_letter_takes_two_columns() -> None:
    assert [width(text) for text in ("ab", "恢复", "a恢")] == [2, 4, 3]
    assert [padded(text, 6) for text in ("ab", "恢复")] == ["ab    ", "恢复  "]
    comma, stop = "\uff0c\u3002"
    said = f"恢复演练记录{comma}注入故障的 seawall-restore 恢复演练{stop}" * 3
    lines = wrapped(said, 30, "  ")
    assert len(lines) > 4
    assert all(width(line) <= 30 for line in lines)
    assert "".join(lines).replace(" ", "") == said.replace(" ", "")
    assert not [line for line in lines if line.strip()[0] in comma + stop]
    assert wrapped("one two three", 9, " ") == [" one two", " three"]
