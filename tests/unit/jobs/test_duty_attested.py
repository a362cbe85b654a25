"""Duties are fulfilled by a signed attestation in the ledger, and the machine tells the newest of each."""

import json
from pathlib import Path

import pytest

from ops import cli
from ops.core import clock
from ops.core.run import run
from ops.evidence.ledger import NAME
from ops.evidence.verification import verify
from ops.interfaces import status_answer
from ops.jobs import status
from ops.jobs.host import own_policy, state_files
from ops.jobs.ledger.attested import newest

DUTY = {"what": "Let each UPS run on its battery", "who": "it_head", "every": "92d"}
POLICY = {
    "version": 1,
    "host": "his1",
    "site": {"name": "Test"},
    "contacts": {"it_head": {"name": "Head of IT"}},
    "duties": {"clean_fans": DUTY},
    "site_duties": {"ups_quarterly": DUTY},
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a ledger key and two duties, and somebody who came in with sudo."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setenv("SUDO_USER", "claudia")
    monkeypatch.delenv("SEAWALL_UNIT", raising=False)
    for folder in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    etc = tmp_path / "etc/seawall"
    (etc / "policy.json").write_text(json.dumps(POLICY))
    key = etc / "credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {key.with_suffix(".key.pub").read_text()}')
    return tmp_path


def ledger(root: Path) -> Path:
    return root / "var/lib/seawall/ledger"


def attest(*words: str) -> int:
    return cli.run(["ledger", "attest", *words])


def test_a_duty_is_fulfilled_by_a_signed_record_that_names_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert attest("--duty", "ups_quarterly") == 0
    assert capsys.readouterr().out == "record 1: attestation of ups_quarterly: done\n"
    (record,) = [json.loads(line) for line in (ledger(root) / NAME).read_text().splitlines()]
    assert (record["act"], record["subject"], record["actor"]) == ("attestation", "ups_quarterly", "person:claudia")
    assert record["facts"] == {"by": "claudia", "duty": "ups_quarterly"}
    found = verify(ledger(root), root / "etc/seawall/allowed_signers", each_signature=True)
    assert {one.verdict.value for one in found} == {"pass"}


def test_the_status_tells_the_newest_attestation_of_each_duty(root: Path) -> None:
    attest("--duty", "ups_quarterly", "--by", "Head of IT", "--statement", "14 min on battery")
    attest("--duty", "clean_fans")
    attest("room 2", "--statement", "dry")
    attest("--duty", "ups_quarterly")
    answer = status.collect(own_policy.read(), state_files.read_all(), clock.now())
    assert answer.duties is not None
    assert {name: (one.n, one.by) for name, one in answer.duties.items()} == {
        "ups_quarterly": (4, "claudia"),
        "clean_fans": (2, "claudia"),
    }
    assert status_answer.read(json.dumps(answer.written()).encode(), "the answer") == answer


def test_an_answer_of_an_older_release_says_nothing_of_duties(root: Path) -> None:
    told = status.collect(own_policy.read(), state_files.read_all(), clock.now()).written()
    assert told.pop("duties") == {}
    assert status_answer.read(json.dumps(told).encode(), "the answer").duties is None


def test_a_duty_that_nobody_asks_for_is_refused_with_the_nearest(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attest("--duty", "ups_quaterly") == 3
    said = capsys.readouterr().err
    assert "there is no duty 'ups_quaterly', did you mean 'ups_quarterly'?; known: clean_fans, ups_quarterly" in said
    assert "run playbooks/site.yml" in said
    assert not (ledger(root) / NAME).exists()


def test_a_subject_that_is_a_duty_is_refused_because_it_would_not_count(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attest("ups_quarterly", "--statement", "done") == 3
    assert "write --duty ups_quarterly" in capsys.readouterr().err
    assert not (ledger(root) / NAME).exists()


@pytest.mark.parametrize("words", [["room 2"], [], ["room 2", "--duty", "ups_quarterly"]])
def test_one_thing_is_attested_and_something_is_said(root: Path, words: list[str]) -> None:
    assert attest(*words) == 3
    assert not (ledger(root) / NAME).exists()


def test_what_is_no_attestation_of_a_duty_counts_for_none(root: Path) -> None:
    attest("--duty", "ups_quarterly")
    path = ledger(root) / NAME
    whole = path.read_text()
    forged = [
        whole.replace('"act":"attestation"', '"act":"sign-off","note":"\\"act\\":\\"attestation\\""'),
        whole.replace('"duty":"ups_quarterly"', '"duty":7'),
        whole.replace('"n":1', '"n":"one"'),
        whole.replace('{"by"', '{"by":7,"of"'),
        '{"act":"attestation","duty":\n',
    ]
    path.write_text(whole + "".join(forged))
    assert {name: one.n for name, one in (newest(["ups_quarterly"], ledger(root)) or {}).items()} == {
        "ups_quarterly": 1
    }


WRONG, RIGHT, NEXT = "2027-07-10T08:00:00Z", "2027-01-10T08:00:00Z", "2027-01-11T08:00:00Z"
CHECK = "check"


def record(n: int, when: str, act: str) -> str:
    """A line as the ledger has it: a check, or the attestation of a duty."""
    facts = {} if act == CHECK else {"by": "claudia", "duty": act}
    act = act if act == CHECK else "attestation"
    body = {"version": 1, "n": n, "when": when, "act": act, "facts": facts, "previous": "0" * 64}
    return json.dumps(body, separators=(",", ":")) + "\n"


@pytest.mark.parametrize(
    ("records", "counts"),
    [
        ([(RIGHT, "ups"), (NEXT, CHECK)], (1, "")),
        ([(RIGHT, "ups"), (NEXT, "ups")], (2, "")),
        ([(WRONG, "ups")], (1, "")),  # nothing shows it yet; the control machine sees that it lies in the future
        ([(WRONG, "ups"), (RIGHT, CHECK)], (1, RIGHT)),
        ([(WRONG, "ups"), (RIGHT, CHECK), (NEXT, CHECK), ("2027-09-01T08:00:00Z", CHECK)], (1, RIGHT)),  # and for good
        ([(WRONG, "ups"), (RIGHT, "ups")], (2, "")),
        ([(WRONG, "ups"), (RIGHT, "ups"), (NEXT, CHECK)], (2, "")),
        ([(RIGHT, "ups"), (WRONG, "ups"), (NEXT, CHECK)], (1, "")),
        ([(RIGHT, "ups"), (WRONG, CHECK), (NEXT, CHECK)], (1, "")),
        ([("2027-01-10T08:00:59Z", "ups"), (RIGHT, CHECK)], (1, "")),  # as a clock is corrected all the time
        ([(RIGHT, "ups"), ("1970-01-01T00:00:00Z", CHECK)], (1, "")),  # started with a dead battery: no time at all
        ([("1970-01-01T00:00:00Z", "ups"), (RIGHT, CHECK)], (1, "")),
        ([(RIGHT, "ups"), ("1970-01-01T00:00:00Z", "ups")], (1, "")),
        ([(RIGHT, "ups"), ("soon", "ups")], (1, "")),
        ([(RIGHT, "ups"), ("2027-00-31T08:00:00Z", CHECK), ("9999-01-01T08:00:00Z", CHECK)], (1, "")),
    ],
)
def test_an_attestation_counts_unless_a_later_record_has_an_earlier_time(
    records: list[tuple[str, str]], counts: tuple[int, str], tmp_path: Path
) -> None:
    lines = [record(n, *one) for n, one in enumerate(records, 1)]
    (tmp_path / NAME).write_text("".join(lines))
    found = (newest(["ups"], tmp_path) or {})["ups"]
    assert (found.n, found.overtaken) == counts


def test_a_ledger_that_is_not_there_attests_nothing_and_one_that_can_not_be_read_is_not_said(tmp_path: Path) -> None:
    assert newest(["ups_quarterly"], tmp_path) == {}
    (tmp_path / NAME).mkdir()
    assert newest(["ups_quarterly"], tmp_path) is None
