"""What records may repeat of what programs say: no patient's name goes where evidence goes.

Errors quote: the row that broke a constraint, the file that could not be read, the statement that failed. A record is
copied, mailed and printed, so such quotations are cut out before it is written; the journal of the machine keeps them
for those who may read it. Where the end of a quotation can't be known for sure, everything after its start is cut.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

CUT = "…"
# Letters of one text. Whoever reads states and records refuses one that is much longer, and all that stands beside it.
LONGEST = 1 << 15
# Programs whose errors have a form that is known here; of any other one the exit code is told, and no word.
PROGRAMS = (
    "restic|psql|pg_dump|pg_dumpall|pg_restore|createdb|mariadb|mariadb-dump|mariadb-check|sqlite3|"
    "systemd-nspawn|systemctl|journalctl|ssh-keygen|fusermount3?"
)
_PROGRAM = re.compile(rf"(?:^|[\s(/])(?:{PROGRAMS})$")
_FAILED = re.compile(r" failed with code -?\d+: ")
# PostgreSQL says what it is about after a word in capitals, in the server's language: DETAIL, DETALHE, CONTEXT, ...
_SEVERITY = r"(?:ERROR|ERRO|FEHLER|ERREUR|CHYBA|FATAL|PANIC|WARNING|NOTICE)\b"
_ABOUT = re.compile(rf"(?<!\w)(?!{_SEVERITY})(?:[^\W\d_a-z]{{4,}}(?: \d+)?|Command was):\s.*", re.DOTALL)
_VALUES = re.compile(r"(?:=\s*\(|\bcontains \(|\bValues? \(|\bvalues ?\().*", re.DOTALL | re.IGNORECASE)
# Where a quotation begins, and is not one that was cut out already.
_QUOTED = {mark: re.compile(rf"(?<![\w{CUT}]){mark}(?!{CUT}{mark})") for mark in "\"'`"}
_PATH = re.compile(r"(?<![\w/])/(?=[^\s/])")
_OURS = re.compile(
    r"/(?:etc|run|var/lib|var/cache|usr/share)/seawall(?:/(?!drills|scratch|manifest)[a-z][\w.-]*)*(?![\w/])"
)
_DICOM = re.compile(r"\w\^\w")
_NAME = r"[^\W\d_a-z][^\W\d_A-Z]{2,}"
_PERSON = re.compile(rf"\b{_NAME}(?:\s+(?:(?:d[aeo]s?|e|van|von|der|del|della)\s+)*{_NAME})+")
_NO_PERSON = {"Insufficient Storage"}


def redacted(value: Any, places: Collection[str] = ()) -> Any:
    """Return plain data with every text in it made discreet; `places` are paths that the policy itself names."""
    if isinstance(value, str):
        return redacted_text(value, places)
    if isinstance(value, Mapping):
        return {name: redacted(part, places) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(part, places) for part in value]
    return value


def redacted_text(text: str, places: Collection[str] = ()) -> str:
    """Return a text without what it quotes: values, statements, names of files and people; one too long is cut."""
    text = _without_strangers(text if len(text) <= LONGEST else f"{text[:LONGEST]}{CUT}")
    text = _without_dicom(_ABOUT.sub(CUT, text))
    text = _VALUES.sub(f"({CUT})", text)
    for mark in _QUOTED:
        text = _without_quotation(text, mark)
    text = _without_paths(text, sorted(places, key=len, reverse=True))
    return _PERSON.sub(lambda found: found[0] if found[0] in _NO_PERSON else CUT, text)


def places_in(policy: Any) -> set[str]:
    """Return every path that a policy document names; its author chose them, so a record may repeat them."""
    return {text for text in _texts(policy) if text.startswith("/")}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _without_strangers(text: str) -> str:
    """Cut the last words of programs that nobody here knows."""
    found = _FAILED.search(text)
    if found is None or _PROGRAM.search(text[: found.start()]):
        return text
    return f"{text[: found.end()]}{CUT}"


def _without_dicom(text: str) -> str:
    """Cut the text at the first word that is a name as DICOM writes them."""
    found = _DICOM.search(text)
    if found is None:
        return text
    before = text[: found.start()]
    word = "" if before[-1:].isspace() else (before.split() or [""])[-1]
    return f"{before.removesuffix(word)}{CUT}"


def _without_quotation(text: str, mark: str) -> str:
    """Cut from the first mark to the last of its kind, for a quotation may hold marks; without a last, to the end."""
    found = _QUOTED[mark].search(text)
    if found is None:
        return text
    last = text.rfind(mark, found.end())
    closed = last >= 0 and not re.match(r"\w", text[last + 1 : last + 2])
    rest = text[last + 1 :] if closed else ""
    return f"{text[: found.start()]}{mark}{CUT}{mark}{rest}"


def _without_paths(text: str, places: list[str]) -> str:
    """Keep the paths of Seawall itself and of the policy; cut the text at the first other one."""
    at = 0
    while found := _PATH.search(text, at):
        ours = _OURS.match(text, found.start())
        known = next((place for place in places if _begins(text, found.start(), place)), None)
        if ours:
            at = ours.end()
        elif known and text[found.start() + len(known) : found.start() + len(known) + 1] != "/":
            at = found.start() + len(known)
        else:
            return f"{text[: found.start()]}{known or ''}/{CUT}"
    return text


def _begins(text: str, at: int, place: str) -> bool:
    """Whether this very path begins there, or one below it."""
    return text.startswith(place, at) and not re.match(r"[\w-]", text[at + len(place) : at + len(place) + 1])
