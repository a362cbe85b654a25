"""How clauses and packs stand: exceptions and their ends, templates and bound documents, recommendations, exports."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from conforming import DAY, NOW, bound, excusing, facts, packs, policies

from ops.core.quantity import Day
from ops.fleet.conformity.judge import UsedPack, judge
from ops.fleet.conformity.pack import UNCOUNTED
from ops.interfaces.conformity import Conformity, Standing
from ops.policy.packs import ClauseExcuse, PackUse
from ops.reports.conformity import hdf, oscal, page, text

HEALTHY = facts(policies())
PACKS = packs()
HEMO = next(one for one in PACKS if one.name == "hcf-hemod-po-10")
LOST = replace(
    HEALTHY, ledgers={host: replace(one, words={}, acts={}, checks={}) for host, one in HEALTHY.ledgers.items()}
)


def judged(used: UsedPack, at_days: int = 0, known: object = None) -> Conformity:
    at = NOW + at_days * DAY
    return judge([used], replace(known or HEALTHY, at=at, until=at))  # type: ignore[type-var]


def test_a_site_that_does_all_conforms_but_for_what_nothing_looks_at_yet() -> None:
    report = judge(PACKS, HEALTHY)
    standings = {
        (pack.name, clause.number): clause
        for pack in report.packs
        for clause in pack.clauses
        if clause.standing is not Standing.MET
    }
    assert all(any("yet" in control.message for control in clause.controls) for clause in standings.values())
    assert not [clause for clause in standings.values() if clause.standing is Standing.NOT_MET]
    machine = [clause for pack in report.packs for clause in pack.clauses if clause.kind == "M"]
    met = sum(clause.standing is Standing.MET for clause in machine)
    assert met / len(machine) >= 0.85
    assert sum(len(pack.clauses) for pack in report.packs) == 104


def test_a_bound_document_has_a_percentage_and_a_template_none() -> None:
    (pack,) = judged(HEMO).packs
    assert (pack.bound, pack.percent) == (True, 100)
    (template,) = judged(replace(HEMO, use=PackUse())).packs
    assert template.percent is None
    assert "template" in text.render(judged(replace(HEMO, use=PackUse())), colours=False)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"code": "HCF-HEMOD-PO-11"}, "the bound document is HCF-HEMOD-PO-11"),
        ({"revision": "4"}, "compare them clause by clause"),
        ({"valid_until": "2026-10-30"}, "was valid until 2026-10-30"),
        ({"approved": "2026-11-30"}, "was not approved before"),
    ],
)
def test_a_document_that_is_another_one_or_not_valid_is_a_finding(changes: dict, told: str) -> None:
    assert judged(HEMO).packs[0].findings == ()
    (pack,) = judged(replace(HEMO, use=PackUse(document=bound(HEMO.pack, **changes)))).packs
    assert told in pack.findings[0]


def test_an_exception_holds_until_its_end_and_then_the_clause_counts_again_with_a_finding() -> None:
    used = replace(HEMO, use=excusing("5", until="2026-11-01"))
    (held,) = judged(used, 1, LOST).packs
    clause = held.clauses[0]
    assert (clause.standing, clause.until) == (Standing.EXCUSED, "2026-11-01")
    assert "approved by dba" in clause.message
    assert held.findings == ()
    (over,) = judged(used, 2, LOST).packs
    assert over.clauses[0].standing is not Standing.EXCUSED
    assert "ended on 2026-11-01" in over.findings[0]


def test_a_clause_that_is_met_needs_no_exception() -> None:
    (pack,) = judged(replace(HEMO, use=excusing("5"))).packs
    assert pack.clauses[0].standing is Standing.MET


def test_what_is_only_recommended_or_outside_turns_nothing_red() -> None:
    for pack in judge(PACKS, LOST).packs:
        for clause in pack.clauses:
            assert clause.counts is (clause.kind not in UNCOUNTED)
            assert clause.counts or clause.verdict.value == "pass"
    assert any(not clause.counts for pack in judge(PACKS, LOST).packs for clause in pack.clauses)


def test_a_source_that_is_incomplete_is_said() -> None:
    shown = text.render(judge(PACKS, HEALTHY), colours=False)
    assert shown.count("source incomplete") == 1


def test_acts_of_the_period_are_counted() -> None:
    clause = next(one for one in judged(HEMO).packs[0].clauses if one.number == "7.7")
    assert clause.acts.expected == clause.acts.done >= 30
    assert clause.acts.missing == 0


@pytest.mark.parametrize("form", [oscal, hdf])
def test_the_same_facts_give_the_same_bytes_and_others_do_not(form) -> None:
    first = form.render(judge(PACKS, HEALTHY))
    assert first == form.render(judge(packs(), facts(policies())))
    assert first != form.render(judge(PACKS, LOST))


def test_oscal_says_of_what_nobody_looked_at_that_it_is_not_satisfied_and_why() -> None:
    report = judge([replace(HEMO, use=excusing("8, bullet 10"))], LOST)
    (result,) = json.loads(oscal.render(report))["assessment-results"]["results"]
    by_title = {one["title"]: one for one in result["findings"]}
    assert len(by_title) == len(HEMO.pack.clauses)
    states = {(one["target"]["status"]["state"], one["target"]["status"]["reason"]) for one in by_title.values()}
    assert ("not-satisfied", "not-examined") in states
    assert by_title["8, bullet 10"]["target"]["status"]["reason"] == "excused"
    (risk,) = result["risks"]
    assert (risk["status"], risk["deadline"]) == ("deviation-approved", "2026-12-31T23:59:59Z")


def test_ids_in_oscal_are_tokens_and_each_is_another_one() -> None:
    results = json.loads(oscal.render(judge(PACKS, HEALTHY)))["assessment-results"]["results"]
    ids = [one["target"]["target-id"] for result in results for one in result["findings"]]
    assert len(ids) == len(set(ids)) == 104
    assert all(re.fullmatch(r"[^\W\d]([\w.-])*", one) for one in ids)
    uuids = re.findall(r'"uuid": "([^"]+)"', oscal.render(judge(PACKS, HEALTHY)))
    assert len(uuids) == len(set(uuids))


def test_hdf_says_of_what_nobody_looked_at_that_it_was_skipped() -> None:
    told = json.loads(hdf.render(judge(PACKS, LOST)))
    results = [result for one in told["profiles"] for control in one["controls"] for result in control["results"]]
    assert {result["status"] for result in results} <= {"passed", "failed", "skipped"}
    assert any(result["status"] == "skipped" and "not looked at" in result["skip_message"] for result in results)


def test_the_page_has_every_clause_in_english_and_in_the_language_of_its_document() -> None:
    shown = page.render(judge(PACKS, HEALTHY))
    for pack in PACKS:
        assert f'lang="{pack.pack.language.replace("_", "-")}"' in shown
        for clause in pack.pack.clauses.values():
            assert clause.original.replace("'", "&#39;") in shown
    assert "<script" not in shown


def test_a_clause_whose_number_is_excused_is_not_met_by_its_controls_alone() -> None:
    """Until the exception ends it is excused; then it is not met, and the report says so."""
    registry = next(one for one in PACKS if one.name == "cnrdd-m-it")
    key, reason = "assets.his.drill.every", "The supplier comes every other year"
    less = {key: ClauseExcuse(reason, "it_head", "dba", Day.parse("2026-11-01"))}
    used = replace(registry, use=replace(registry.use, exceptions=less))

    def stands(days: int, one: UsedPack = used) -> tuple[Standing, str, bool]:
        (pack,) = judged(one, days).packs
        clause = next(one for one in pack.clauses if one.number == "M.3.3")
        return clause.standing, clause.message, any(f"exception of {key} ended" in line for line in pack.findings)

    assert stands(0, registry)[0] is Standing.MET
    standing, message, told = stands(0)
    assert (standing, reason in message, told) == (Standing.EXCUSED, True, False)
    standing, message, told = stands(2)
    assert (standing, f"less in {key}" in message, told) == (Standing.NOT_MET, True, True)
