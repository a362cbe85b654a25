from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.core.errors import Unavailable
from ops.core.names import AbsolutePath, Name
from ops.core.verdict import Verdict, worst
from ops.health import postgresql_standby
from ops.health.postgresql_standby import KIND, Options, judge
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SENDER = {"state": "streaming", "sync": "sync", "behind": 8192, "reply": "2026-11-22T00:00:00+00:00"}
PRIMARY = {
    "follows": False,
    "waits": True,
    "receiver": None,
    "seconds": 0,
    "sender": SENDER,
    "slot": {"status": "reserved", "kept": 1 << 24},
}
FOLLOWER = {
    **PRIMARY,
    "follows": True,
    "sender": None,
    "slot": None,
    "receiver": {"status": "streaming", "silent": 5.0, "behind": 8192},
}
OPTIONS = Options(Name("his"), synchronous=True)


def judged(facts: dict[str, Any], context: CheckContext | None = None) -> tuple[Verdict, str]:
    findings = judge(OPTIONS, facts, context or CheckContext(NOW, {}))
    return worst(one.verdict for one in findings), "; ".join(one.message for one in findings)


@pytest.mark.parametrize(
    ("facts", "verdict", "words"),
    [
        (PRIMARY, Verdict.PASS, "the standby streams, 8 KiB behind; commits wait for it"),
        (PRIMARY | {"sender": None}, Verdict.FAIL, "does not stream"),
        (PRIMARY | {"sender": None, "slot": None}, Verdict.FAIL, "is not there yet"),
        (PRIMARY | {"sender": SENDER | {"state": "catchup"}}, Verdict.WARN, "not streaming yet: catchup"),
        (PRIMARY | {"sender": SENDER | {"behind": 65 << 20}}, Verdict.WARN, "65 MiB behind"),
        (PRIMARY | {"sender": SENDER | {"behind": 2 << 30}}, Verdict.FAIL, "2 GiB behind"),
        (PRIMARY | {"waits": False}, Verdict.FAIL, "commits do not wait"),
        (PRIMARY | {"sender": SENDER | {"sync": "async"}}, Verdict.FAIL, "commits do not wait"),
        (PRIMARY | {"slot": {"status": "extended", "kept": 9 << 30}}, Verdict.WARN, "9 GiB of the log are kept"),
        (PRIMARY | {"slot": {"status": "extended", "kept": 15 << 30}}, Verdict.FAIL, "of what may be"),
        (PRIMARY | {"slot": {"status": "lost", "kept": None}}, Verdict.FAIL, "made anew"),
        (FOLLOWER, Verdict.PASS, "follows its primary, 8 KiB behind"),
        (FOLLOWER | {"receiver": None}, Verdict.FAIL, "receives nothing"),
        (FOLLOWER | {"seconds": 61}, Verdict.WARN, "shows data that are 1min 1s old"),
        (FOLLOWER | {"seconds": 700}, Verdict.FAIL, "old"),
        (FOLLOWER | {"receiver": FOLLOWER["receiver"] | {"silent": 91}}, Verdict.UNKNOWN, "heard nothing"),
    ],
)
def test_what_the_server_says_is_judged(facts: dict[str, Any], verdict: Verdict, words: str) -> None:
    seen = judged(facts)
    assert seen[0] is verdict
    assert words in seen[1]


def test_a_reply_that_stays_the_same_is_unknown_and_a_new_one_is_not() -> None:
    notes: dict[str, Any] = {}
    assert judged(PRIMARY, CheckContext(NOW, {}, notes=notes))[0] is Verdict.PASS
    later = CheckContext(NOW + timedelta(minutes=5), {}, notes=notes)
    assert judged(PRIMARY, later)[0] is Verdict.UNKNOWN
    assert judged(PRIMARY | {"sender": SENDER | {"reply": "later"}}, later)[0] is Verdict.PASS


@pytest.mark.parametrize("answer", ["", "[]", "{}", json.dumps(FOLLOWER | {"receiver": {"status": "streaming"}})])
def test_an_answer_that_makes_no_sense_is_an_error(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_standby, "ask", lambda *_: answer)
    with pytest.raises(Unavailable, match="can't be read"):
        list(KIND.probe(Options(Name("his")), CheckContext(NOW, {})))


def test_a_server_that_is_down_is_a_failure() -> None:
    (found,) = KIND.probe(Options(Name("his"), socket=AbsolutePath("/nowhere")), CheckContext(NOW, {}))
    assert (found.verdict, "is down" in found.message) == (Verdict.FAIL, True)
