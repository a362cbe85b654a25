"""Ids of keys: a machine's first word is kept, another one is a warning, and the sheet of keys prints what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.core.names import Digest
from ops.core.verdict import Verdict
from ops.fleet.key_sheet import form, ids
from ops.fleet.secrets.unlocked import RepositoryAccess
from ops.fleet.status.answer import KEYS, key_ids
from ops.interfaces import status_answer
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.status_answer import StatusAnswer

FIRST, OTHER = Digest("1" * 64), Digest("2" * 64)
ANSWER = StatusAnswer(
    host="his1", time="2026-11-22T01:00:00Z", seawall="0.1.0", policy_digest="", verdict=Verdict.PASS, checks=()
)
DOOR = RepositoryAccess("his1", "offsite", "rest_server", "offsite1", "offsite1:8000/his1/", "his1", "secret", "word")


def told(key: Digest) -> dict[str, MachineStatus]:
    return {"his1": MachineStatus(verdict=Verdict.PASS, told=replace(ANSWER, keys={"offsite": key}))}


def test_the_first_id_is_noted_and_another_one_is_a_warning_that_is_not(tmp_path: Path):
    file = ids.place(tmp_path)
    assert key_ids(file, told(FIRST)) == told(FIRST)
    assert ids.read(file) == {"his1": {"offsite": FIRST}}
    status = key_ids(file, told(OTHER))["his1"]
    assert status.told is not None
    assert [(check.name, check.verdict) for check in status.told.checks] == [(KEYS, Verdict.WARN)]
    assert ids.read(file) == {"his1": {"offsite": FIRST}}


def test_a_machine_that_tells_none_loses_none(tmp_path: Path):
    file = ids.place(tmp_path)
    key_ids(file, told(FIRST))
    key_ids(file, {"his1": MachineStatus(verdict=Verdict.UNKNOWN, message="is silent")})
    assert ids.read(file) == {"his1": {"offsite": FIRST}}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1, "keys": {"his1": {"offsite": "-v"}}}'])
def test_a_list_that_is_none_says_so(tmp_path: Path, text: str):
    ids.place(tmp_path).write_text(text)
    with pytest.raises(Damaged, match="key_ids"):
        ids.read(ids.place(tmp_path))


def test_an_answer_brings_ids_and_nothing_that_is_none():
    content = str(replace(ANSWER, keys={"offsite": FIRST}).written()).replace("'", '"').replace("None", "null")
    assert status_answer.read(content.encode(), "its answer").keys == {"offsite": FIRST}
    with pytest.raises(Damaged, match="SHA-256"):
        status_answer.read(content.replace("1" * 64, "--password-command=sh").encode(), "its answer")


def test_the_sheet_prints_the_id_where_it_is_known_and_reads_it_back():
    for door in (DOOR, replace(DOOR, key=FIRST)):
        printed = "\n".join(line for block in form.blocks([door], "ab" * 32, {}, None) for line in block.lines)
        (read,) = form.read(printed).doors({"offsite": "rest_server"})
        assert read == door
