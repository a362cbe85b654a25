"""The plan of a failover: who is fenced, who promoted, what could be lost, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.names import HostName, Name
from ops.fleet.failover.plan import plan
from ops.fleet.ssh.ask import Answer
from ops.interfaces.standby import ClusterState, read
from ops.policy.standby import Standby

ONE = Standby(machines={"his1": "192.0.2.1", "his2": "192.0.2.2"}, release=15, synchronous=True)
ASYNC = replace(ONE, synchronous=False)
PRIMARY = ClusterState(
    name=Name("his"),
    host=HostName("his1"),
    running=True,
    follows=False,
    fenced=False,
    clean=False,
    system="7",
    timeline=1,
    position=9000,
    streaming=True,
    synchronous=True,
)
FOLLOWER = replace(PRIMARY, host=HostName("his2"), follows=True, synchronous=False, position=8000)
DOWN = replace(PRIMARY, running=False, clean=True, fenced=True, streaming=False, synchronous=False)


def answers(his1: ClusterState | None, his2: ClusterState | None) -> dict[str, Answer[ClusterState]]:
    return {"his1": Answer(his1), "his2": Answer(his2)}


def test_the_primary_that_answers_is_fenced_and_nothing_is_lost() -> None:
    found = plan(ASYNC, answers(PRIMARY, FOLLOWER))
    assert (found.new, found.old, found.fences, found.loss, found.least) == ("his2", "his1", True, "", None)


def test_one_that_does_not_answer_must_be_off_and_what_it_sent_last_is_unknown() -> None:
    with pytest.raises(UsageError, match="it is not off"):
        plan(ONE, answers(None, FOLLOWER))
    silent = replace(FOLLOWER, streaming=False)
    found = plan(ASYNC, answers(None, silent))
    assert (found.fences, found.off) == (False, "his1 is off")
    assert "how much, only its own log tells" in found.loss
    assert plan(ONE, answers(None, silent)).loss == ""


@pytest.mark.parametrize(("position", "loss"), [(9001, ""), (9000, "1 B"), (5000, "3.9 KiB")])
def test_of_one_that_is_shut_down_every_byte_counts(position: int, loss: str) -> None:
    found = plan(ONE, answers(DOWN, replace(FOLLOWER, position=position, streaming=False)))
    assert found.least == 9000
    assert found.loss == (f"{loss} of the log" if loss else "")


def test_of_one_that_was_killed_no_position_counts() -> None:
    found = plan(ASYNC, answers(replace(DOWN, clean=False), replace(FOLLOWER, streaming=False)))
    assert (found.least, bool(found.loss)) == (None, True)


@pytest.mark.parametrize(
    ("his1", "his2", "error", "words"),
    [
        (PRIMARY, replace(FOLLOWER, follows=False), UsageError, "both take writes"),
        (DOWN, replace(FOLLOWER, follows=False), UsageError, "nothing to do"),
        (PRIMARY, replace(FOLLOWER, running=False), UsageError, "nothing to do"),
        (None, replace(FOLLOWER, running=False), Unavailable, "no standby runs"),
        (PRIMARY, replace(FOLLOWER, system="8"), Unavailable, "never one"),
        (None, None, Unavailable, "no standby runs"),
    ],
)
def test_what_can_t_be_is_refused(
    his1: ClusterState | None, his2: ClusterState | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        plan(ONE, answers(his1, his2))


def test_a_person_may_name_the_machine_and_only_one_of_the_two() -> None:
    assert plan(ONE, answers(PRIMARY, FOLLOWER), "his2").new == "his2"
    with pytest.raises(UsageError, match="nothing to do"):
        plan(ONE, answers(replace(DOWN, follows=True), replace(FOLLOWER, follows=False)), "his2")
    with pytest.raises(UsageError, match="none of the two"):
        plan(ONE, answers(PRIMARY, FOLLOWER), "his3")


@pytest.mark.parametrize(
    "changes", [{"position": -1}, {"timeline": -1}, {"system": "x"}, {"running": "yes"}, {"version": 2}, {"more": 1}]
)
def test_an_answer_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    told = PRIMARY.written()
    assert read(json.dumps(told).encode(), "its answer") == PRIMARY
    with pytest.raises(Damaged):
        read(json.dumps({**told, **changes}).encode(), "its answer")
