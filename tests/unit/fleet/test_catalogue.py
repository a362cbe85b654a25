"""Whatever people read passes through the catalogue: with another one, nothing of our English is left.

Left as they are, and so not looked for: verdicts, units, the acts and proof steps that machines name, commands, and
what the policy and the machines say.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from jinja2 import nodes

from ops.commands import _coverage_table as coverage_table
from ops.core.quantity import span
from ops.core.verdict import Finding, Verdict
from ops.evidence.completeness import Coverage, Expected, Tally
from ops.fleet.key_sheet import form
from ops.fleet.key_sheet import render as key_sheet
from ops.fleet.runbook import render as runbook
from ops.interfaces.state import GapsState, Thing
from ops.reports import check_table, environment, gaps_table, record_html, templates
from ops.reports.catalogue import speaking, tr, trn

sys.path.insert(0, str(Path(__file__).parent.parent / "reports"))
from catalogues import Marked, Read, prose, strings, unmarked
from drill_record import NAMES, RUNGS, TOLD, evidence, record
from test_keysheet import DOOR, DOTTED, SITE
from test_runbook import edited, site, told  # noqa: F401 -- fixtures


@pytest.fixture
def another() -> Iterator[None]:
    with speaking(Marked()):
        yield


def full() -> dict:
    """A record with everything that a page can say."""
    kept = {"reason": "look", "approver": "x"}
    forecast = {"files": 123456, "bytes": 99999999, "bytes_per_second": 5, "seconds": 400}
    rungs = [*RUNGS[:3], *({"name": "volume", "verdict": "fail", "message": "rows differ"} for _ in range(9))]
    more = {**TOLD, "not_proved": ["a kernel"] * 9, "timeline": [{"when": "2026-11-22T07:00:01Z", "what": "find"}] * 30}
    more |= {"recovery_seconds": 4000.0, "data_age_seconds": 900000.0}
    return {**record(**more, rungs=rungs, kept=kept, forecast=forecast, sabotage="a table emptied"), "act": "sabotage"}


def late() -> dict:
    """A record whose data were too old, and judged so."""
    return record(rungs=RUNGS[:4], data_age_seconds=900000.0, hardware={"cpus": 1})


BARE = {"version": 1, "n": 1, "when": "", "act": "drill", "result": "unknown", "subject": "his", "previous": ""}


@pytest.mark.usefixtures("another")
@pytest.mark.parametrize(
    "line", [full(), record(**TOLD), record(not_proved=[]), late(), BARE], ids=["full", "told", "old", "late", "bare"]
)
@pytest.mark.parametrize("method", ["restore", "instant", "own_kernel", "dump"])
def test_a_record_of_a_drill(line: dict, method: str) -> None:
    names = replace(NAMES, owner="") if line is BARE else NAMES
    if "facts" in line:
        line = {**line, "facts": {**line["facts"], "method": method}}
    shown = evidence(line)
    data = [
        *strings(line),
        NAMES.site,
        NAMES.zone,
        NAMES.owner,
        shown.fingerprint,
        shown.head,
        shown.sha256,
        shown.said,
    ]
    data = [text for text in data if text not in {"restore", "sabotage", "drill"}]  # words of ours, too
    data += [f"{part} {span(seconds)}" for part, seconds in (line.get("facts") or {}).get("parts", {}).items()] + [
        "Linux"
    ]
    assert unmarked(" ".join(Read(record_html.render(shown, names)).words), data) == []


@pytest.mark.usefixtures("another")
def test_the_tables_of_a_terminal() -> None:
    thing = Thing(name="path:/mnt/a", words="a volume", size="2 GiB", expired="too late")
    excused = replace(thing, until="2027-03-31", reason="its own copy")
    found = {"gaps": (thing,), "excused": (excused,), "covered": (thing, thing), "unused": ("scratch",)}
    state = GapsState(verdict=Verdict.WARN, finished="", host="his1", **found)
    data = ["path:/mnt/a", "a volume", "2 GiB", "too late", "its own copy", "his1", "'scratch'"]
    assert unmarked(gaps_table.table(state), data) == []
    assert unmarked(gaps_table.table(replace(state, gaps=(thing, thing))), data) == []
    assert unmarked(check_table.table([]), []) == []


@pytest.mark.usefixtures("another")
def test_what_was_expected_of_a_period() -> None:
    moments = tuple(datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 9))
    tally = Tally(Expected("backup", "his", "primary", moments, moments), moments, moments, moments, 2)
    broken = [Finding(Verdict.FAIL, "record 3 was changed")]
    found = Coverage([tally], broken, moments[0], moments[-1], ZoneInfo("UTC"))
    assert unmarked(coverage_table.text(found), ["backup", "his", "primary", "record 3 was changed"]) == []
    assert unmarked(coverage_table.text(replace(found, tallies=[])), ["record 3 was changed"]) == []


@pytest.mark.usefixtures("another")
def test_a_key_sheet() -> None:
    blocks = form.blocks([DOOR, DOTTED], "ab12" * 16, {"offsite1": "192.0.2.9"}, "Correct-Horse/9+x")
    page = Read(key_sheet.html(blocks, SITE, "claudia"))
    data = [SITE.name, "claudia", "offsite", "lis.example"]
    assert unmarked(" ".join(page.words), data) == []
    text = key_sheet.text(blocks, SITE, "claudia").replace(key_sheet.BY_HAND, "")
    printed = [line for block in blocks for line in block.lines]
    assert unmarked(text, [*data, *printed]) == []


@pytest.mark.usefixtures("quick_inventory")
@pytest.mark.parametrize("known", ["told", "site"])
def test_a_runbook(known: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(known)
    edited(folder, "host_vars/his1/policy.yml", _more_assets)
    gathered = runbook.gathered(folder)
    if known == "told":
        vendors = replace(gathered.facts["his1"], packages=("vendor",), brought=("vendor",))
        gathered = replace(gathered, facts={**gathered.facts, "his1": vendors})
    people = [one.name for one in gathered.own.contacts.values()]
    data = [
        *people,
        *gathered.policies,
        gathered.own.host,
        gathered.own.site.name,
        gathered.own.site.timezone,
        "The director's safe",
        "The red folder",
        "offsite",
    ]
    data += ["his", "agenda", "urgent", "Hospital information system", "http://m bookworm main", "bookworm", "vendor"]
    data += ["ansible_ssh_private_key_file", "ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub", "as printed"]
    data += ["/srv/restored", *(name for facts in gathered.facts.values() for name in facts.packages)]
    with speaking(Marked()):
        chapters = runbook.written(gathered)
        assert unmarked(prose(runbook.text(gathered, chapters)), data) == []
        page = " ".join(Read(runbook.html(gathered, chapters)).words)
    assert unmarked(re.sub(r'\S+ namespaces="\S+" ssh-ed25519 \S+', "", page), data) == []


def _more_assets(policy: dict) -> None:
    """Add an asset that is lost with the site, and one that must be back soon."""
    assets = policy["policy__host"]["assets"]
    bare = {name: value for name, value in assets["his"].items() if name != "drill"}
    sources = {
        name: {"files": {"kind": "files", "options": {"paths": [f"/srv/{name}"]}}} for name in ("agenda", "urgent")
    }
    agenda = {name: value for name, value in bare.items() if name not in {"copies", "summary"}}
    assets["agenda"] = {**agenda, "sources": sources["agenda"]}
    assets["urgent"] = {**bare, "rto": "15min", "without": "The red folder", "sources": sources["urgent"]}


def python_messages(checkout: Path) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((checkout / "ops").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if re.search(r"\btrn?\s*\(", text) else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"tr", "trn"}:
                yield f"{path.relative_to(checkout)}:{node.lineno}", node


def placeholders(message: str) -> set[str]:
    """Return the names in a message; fail where one has no name, or is more than a name."""
    found = [(name, spec, change) for _, name, spec, change in Formatter().parse(message) if name is not None]
    assert all(name.isidentifier() and not spec and not change for name, spec, change in found), message
    return {name for name, *_ in found}


def test_every_message_is_a_literal_whose_placeholders_are_named_and_filled(checkout: Path) -> None:
    """So that a catalogue can be made by reading the source, and a translator can move the words around."""
    seen = 0
    for where, call in python_messages(checkout):
        if where.startswith("ops/reports/catalogue.py"):
            continue
        assert isinstance(call.func, ast.Name)
        plural = call.func.id == "trn"
        said = call.args[: 2 if plural else 1]
        assert all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in said), where
        wanted = set.union(*(placeholders(str(ast.literal_eval(one))) for one in said)) - (
            {"count"} if plural else set()
        )
        given = {word.arg for word in call.keywords}
        assert wanted == given or None in given, where
        seen += 1
    assert seen > 100


def test_every_message_of_a_template_is_a_literal_whose_placeholders_are_named_and_filled() -> None:
    made = environment()
    seen = 0
    for path in sorted(templates().glob("*.j2")):
        for call in made.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                (said,) = call.args
                assert isinstance(said, nodes.Const), path
                assert placeholders(said.value) == {word.key for word in call.kwargs}, said.value
                seen += 1
    assert seen > 3


def test_a_message_takes_its_words_from_the_catalogue_of_this_rendering_alone() -> None:
    class Portuguese(NullTranslations):
        def gettext(self, message: str) -> str:
            return {"{who} on {host}": "em {host}, por {who}"}.get(message, message)

        def ngettext(self, one: str, many: str, count: int) -> str:
            return "{count} etapas" if count != 1 else "uma etapa"

    with speaking(Portuguese()):
        assert tr("{who} on {host}", who="ana", host="his1") == "em his1, por ana"
        assert [trn("{count} step", "{count} steps", count) for count in (1, 2)] == ["uma etapa", "2 etapas"]
    assert tr("{who} on {host}", who="{ana}", host="his1") == "{ana} on his1"
    assert [trn("{count} step", "{count} steps", count) for count in (1, 2)] == ["1 step", "2 steps"]
