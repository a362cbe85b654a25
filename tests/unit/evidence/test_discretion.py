"""No patient's name goes where evidence goes, whatever a program says of patients."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops import cli
from ops.core.errors import CommandError, Unavailable
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.evidence.redaction import places_in, redacted_text
from ops.jobs.run.job import Outcome, perform

NAMES = [
    "Maria Souza",
    "Maria da Conceição Souza",
    "João D'Ávila",
    "Žofie Nováková",
    "O'Brien, Seán; jr",
    "Souza | Ana",
]
POLICY = {"assets": {"documents": {"sources": {"all": {"options": {"paths": ["/srv/documents", "/srv/dicom"]}}}}}}
PLACES = places_in(POLICY)
# What programs say, with the name in every place where they were seen to put one.
SAYINGS = [
    'ERROR:  duplicate key value violates unique constraint "p" | DETAIL:  Key (name)=({name}) already exists.',
    "ERRO:  valor viola a restrição | DETALHE:  Registro que falhou contém ({name}, 1980-02-03).",
    'ERROR:  new row for relation "patients" violates check constraint "c" | DETAIL: Failing row contains (7, {name}).',
    'ERROR:  invalid input syntax for type date: "{name}" | CONTEXT:  COPY patients, line 3, column born: "{name}"',
    "ERROR:  syntax error | LINE 1: INSERT INTO patients VALUES ('{name}')",
    "ERROR:  x | STATEMENT:  insert into patients values ({name})",
    "pg_restore: error: could not execute query: ERROR: x | Command was: COPY p FROM stdin; {name}",
    "ERROR 1062 (23000) at line 5: Duplicate entry '{name}' for key 'name'",
    "ERROR 1064 (42000): You have an error near 'INSERT INTO p VALUES (1,'{name}",
    "ERROR 1366: Incorrect string value: `{name}` for column name",
    "error: open /srv/documents/{name}/exam.pdf: permission denied",
    "lstat /srv/dicom/{name}.dcm: input/output error; /srv/dicom/{name}2.dcm: the same",
    "/home/clerk/{name} is not there",
    "scan /var/lib/seawall/drills/his.1a2b3c4d/material/{name}: is a folder",
    "size of '/srv/documents/{name}.odt' differs",
]


def body(name: str) -> Outcome:
    said = [saying.format(name=name) for saying in SAYINGS]
    facts = {
        "rungs": [{"name": f"rung {n}", "verdict": "fail", "message": text} for n, text in enumerate(said)],
        "not_proved": said,
        "timeline": [{"when": "2026-11-22T07:00:00Z", "what": text} for text in said],
        "warnings": {"deep": [tuple(said)]},
        "rows": 3,
    }
    return Outcome(Verdict.FAIL, said[0], facts, facts)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    for folder in ("etc/seawall/credentials", "var/lib/seawall/ledger", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    key = tmp_path / "etc/seawall/credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (tmp_path / "etc/seawall/policy.json").write_text(json.dumps(POLICY))
    (tmp_path / "etc/seawall/allowed_signers").write_text(f"his1 {key.with_suffix('.key.pub').read_text()}")
    return tmp_path


def pieces(name: str) -> list[str]:
    """The parts of a name by which a patient would be found."""
    return [part for part in name.replace(";", " ").replace("|", " ").replace(",", " ").split() if len(part) > 2]


def named(text: str, name: str) -> list[str]:
    """Return the parts of a name that stand in a text as words: base64 may hold three letters by chance."""
    return [piece for piece in pieces(name) if any(word(form, text) for form in (piece, json.dumps(piece)[1:-1]))]


def word(piece: str, text: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9+/]){re.escape(piece)}(?![A-Za-z0-9+/])", text) is not None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("saying", SAYINGS)
def test_no_saying_of_a_program_names_a_patient(saying: str, name: str) -> None:
    said = saying.format(name=name)
    for text in (
        said,
        f"{said} | {said}",
        f"all.his can't be loaded: psql failed with code 3: {said}",
        f"x; {said}; y",
    ):
        assert named(redacted_text(text, PLACES), name) == []


def works(name: str) -> Iterator[Callable[[], Outcome]]:
    """Every way in which an act may end with a name."""
    said = "; ".join(saying.format(name=name) for saying in SAYINGS)
    yield lambda: body(name)
    for error in (
        Unavailable(SAYINGS[0].format(name=name)),
        CommandError(["psql"], 3, said),
        CommandError(["/opt/vendor/export"], 2, f"patient {name} has no study"),
        KeyError(said),
    ):

        def work(error: Exception = error) -> Outcome:
            raise error

        yield work


def test_no_name_reaches_the_evidence_in_any_form(machine: Path, capsysbinary, monkeypatch) -> None:
    monkeypatch.delitem(cli.CONTROL, "record")  # as on a server
    for name in NAMES:
        for work in works(name):
            perform("drill", "drill-documents", "documents", "his1", work)
    capsysbinary.readouterr()
    for number in range(1, 5 * len(NAMES) + 1, 5):  # each name's fullest record; the PDF is the HTML's page
        for form in ("html", "json"):
            assert cli.run(["record", "--number", str(number), "--format", form]) == 0
    cli.run(["ledger", "show", "-n", "999"])
    kept = [path for folder in ("ledger", "state") for path in (machine / "var/lib/seawall" / folder).iterdir()]
    everything = b"".join([capsysbinary.readouterr().out, *(path.read_bytes() for path in kept)]).decode(
        "utf-8", "replace"
    )
    assert everything.count("<h1><span>Record of a drill") == len(NAMES)
    assert [found for name in NAMES for found in named(everything, name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "12,000 rows, 3 files, 2 GiB in 3.1s, 5 MiB new; read back as set 1f2e3d4c",
        "/srv/dicom is not there; is its disk mounted? Has it moved?",
        "/srv/documents is empty; is its disk mounted? An empty source is not backed up",
        "the backup host's clock differs by 1min 10s, so the time of this set is uncertain",
        "the tree /var/lib/seawall/trees/bookworm is missing; the role drill_host installs it; run playbooks/site.yml",
        "patients has 3 rows, had 4; audit_log was not there",
        "repository primary: wrong password or no key found",
        "repository primary: server response unexpected: 507 Insufficient Storage (restic exit code 1)",
        "restic failed with code 1: server shows a certificate that is not of this site's authority",
        "FATAL:  the database system is shutting down",
        "injected damage: a table emptied; THE DRILL DID NOT NOTICE IT, so it proves nothing",
        "recovered in 7min 4s of 1h",
    ],
)
def test_what_names_nobody_is_kept_word_for_word(text: str) -> None:
    assert redacted_text(text, PLACES) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("open /srv/dicom/Souza.dcm: permission denied", "open /srv/dicom/…"),
        ("open /srv/dicom2/Souza.dcm: permission denied", "open /…"),
        ("open /srv/dicom-old: permission denied", "open /…"),
        ("a 'b' c 'd' e", "a '…' e"),
        ("open 'never closed", "open '…'"),
        ("study of SOUZA^MARIA is gone", "study of …"),
        ("could not export Maria da Souza now", "could not export … now"),
        ("/opt/vendor/export failed with code 2: no study", "/…"),
        ("export failed with code 2: no study", "export failed with code 2: …"),
    ],
)
def test_a_quotation_is_cut_where_it_begins(text: str, kept: str) -> None:
    assert redacted_text(text, PLACES) == kept
    assert redacted_text(kept, PLACES) == kept
