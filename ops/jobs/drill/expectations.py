"""The policy's questions, put to restored data."""

from __future__ import annotations

from collections.abc import Callable

from ops.core.errors import SeawallError
from ops.core.verdict import Finding, Verdict
from ops.policy.queries import Expectation


def judged_answer(answer: Callable[[str], float], wanted: Expectation) -> Finding:
    """Ask one question and judge its answer; a question that fails is unknown, not a pass."""
    try:
        found = answer(wanted.sql)
    except SeawallError as error:
        return Finding(Verdict.UNKNOWN, f"could not be queried: {error}")
    bounds = [
        (wanted.equals is None or found == wanted.equals, f"must be {wanted.equals}"),
        (wanted.at_least is None or found >= wanted.at_least, f"must be {wanted.at_least} or more"),
        (wanted.at_most is None or found <= wanted.at_most, f"must be {wanted.at_most} or less"),
    ]
    broken = [text for holds, text in bounds if not holds]
    said = f"the answer is {found:g}"
    return Finding(Verdict.FAIL if broken else Verdict.PASS, "; ".join([said, *broken]))
