"""The ten answers of a new site: each read strictly, all of them together, by flags or asked of a person."""

import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops import cli
from ops.core.errors import UsageError
from ops.fleet.new_policy import answers as read
from ops.fleet.new_policy.answers import Contact, Machine
from ops.fleet.new_policy.questions import QUESTIONS

sys.path.insert(0, str(Path(__file__).parent))
from new_site import FULL, answers, policies, written

BAD: list[tuple[Callable[[str], Any], str, str]] = [
    (Machine.parse, "HIS1=192.0.2.1", "DNS name"),
    (Machine.parse, "his_1", "DNS name"),
    (Machine.parse, "-his=192.0.2.1", "DNS name"),
    (Machine.parse, "röntgen=192.0.2.1", "DNS name"),
    (Machine.parse, "=192.0.2.1", "DNS name"),
    (Machine.parse, "servers=192.0.2.1", "meaning of its own"),
    (Machine.parse, "his1=192.0.2.311", "neither an IP address"),
    (Machine.parse, "his1=a b", "neither an IP address"),
    (Machine.parse, "his1=-oProxyCommand=x", "neither an IP address"),
    (Machine.parse, "his1={{ x }}", "neither an IP address"),
    (Contact.parse, "Head of IT", "expected name, telephone, mail"),
    (Contact.parse, "Head of IT, none, it@hospital.example", "telephone"),
    (Contact.parse, "Head of IT, +420 555, hospital.example", "mail address"),
    (read.worded, "  ", "1 to 100 letters"),
    (read.worded, "{{ x }}", "expression"),
    (read.worded, "a\x1bb", "1 to 100 letters"),
    (read.zone, "Europe/Prag", "did you mean 'Europe/Prague'"),
    (read.zone, "CEST", "not a time zone"),
    (read.times, "24:00", "time of day"),
    (read.times, "4:30", "time of day"),
    (read.times, "at night", "time of day"),
    (read.times, "06:00, 12:30", "same minutes"),
    (read.span, "26", "a duration such as"),
    (read.span, "0h", "longer than nothing"),
    (read.account, "Root", "account"),
]


@pytest.mark.parametrize(("parse", "text", "message"), BAD)
def test_a_wrong_answer_is_told_with_what_to_say(parse: Callable[[str], Any], text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "his1.hospital.example"])
def test_a_machine_has_a_name_and_an_address(address: str) -> None:
    assert Machine.parse(f"his1={address}") == Machine("his1", address)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"backup_host": "his1=192.0.2.99"}, "two machines have the name his1"),
        ({"backup_host": "backup1=192.0.2.11"}, "two machines have the address 192.0.2.11"),
        ({"drill_host": "drill1=192.0.2.21"}, "two machines have the address 192.0.2.21"),
        ({"rpo": "4h"}, "at most 4h of work may be lost"),
        ({"schedule": "06:00, 18:00", "rpo": "12h"}, "at most 12h of work may be lost"),
    ],
)
def test_answers_that_contradict_each_other_are_told(more: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        answers(**more)


def test_a_short_rpo_is_met_by_several_times_a_day(tmp_path: Path, quick_inventory: None) -> None:
    path = written(tmp_path, {}, schedule="06:15,00:15 12:15,18:15", rpo="8h", **FULL)
    asset = policies(path)["his1"].assets["etc_his1"]
    assert str(asset.schedule).startswith("*-*-* 00,06,12,18:15:00")
    assert str(asset.copies["offsite"].calendar).startswith("*-*-* 20:15:00")


def test_missing_answers_are_named_when_there_is_nobody_to_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["policy", "new", str(tmp_path / "site"), "--site", "x"]) == 2
    assert "answers are missing: --contact, --server, --backup-host" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10


TYPED = [
    "Example hospital",
    "Europe/Prag",
    "",
    "Head of IT, +420 555 0100, it@hospital.example",
    "his1=192.0.2.11, docs1=192.0.2.12",
    "backup1=192.0.2.21",
    *("", "", "", "", ""),
    "n",
]


def test_a_person_is_asked_and_a_wrong_answer_is_asked_again(tmp_path: Path) -> None:
    """At a real terminal, by the real command."""
    program = Path(sys.executable).with_name("seawall")
    child, terminal = pty.fork()
    if not child:
        os.execv(program, [str(program), "policy", "new", str(tmp_path / "site")])
    os.write(terminal, "".join(f"{line}\n" for line in TYPED).encode())
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass  # the terminal is closed: the command has ended
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown.decode()
    assert "did you mean 'Europe/Prague'" in shown.decode()
    assert "May I look at the machines over SSH?" in shown.decode()
    assert set(policies(tmp_path / "site")) == {"his1", "docs1", "backup1"}
