"""YAML's errors in a person's words: the line that is wrong, whatever line the reader gave up at, and what to type."""

from pathlib import Path

import pytest
import yaml

from ops.fleet.inventory.yaml_words import explain

HIS1 = "tests/hospital/host_vars/his1/policy.yml"
FILE = Path("policy.yml")

# What somebody wrote in place of what stands in the example; what must be said of that very line.
MISTAKES = {
    "a tab before a key": ("      owner: dba", "\t  owner: dba", "a tab; YAML allows spaces only"),
    "a tab among spaces": ("      rpo: 26h", "    \trpo: 26h", "a tab; YAML allows spaces only"),
    "a tab after a colon": ("owner: dba", "owner:\tdba", "a tab; YAML allows spaces only"),
    "two spaces too few": ("      owner: dba", "    owner: dba", "indented by 4 spaces, but 6 are needed here"),
    "one space too few": ("      rto: 4h", "     rto: 4h", "indented by 5 spaces, but 6 are needed here"),
    "a block one space too shallow": ("      drill:", "     drill:", "indented by 5 spaces, but 6 are needed here"),
    "one space too many at first": ("      owner:", "       owner:", "indented by 7 spaces, but 6 are needed here"),
    "one space too many within": ("      summary:", "       summary:", "indented by 7 spaces, but 6 are needed here"),
    "one space too many at a block": ("      sources:", "       sources:", "indented by 7 spaces, but 6 are needed"),
    "two spaces too many": ("        calendar: Sun", "          calendar: Sun", "by 10 spaces, but 8 are needed here"),
    "no colon after a name": ("    his:", "    his", "the colon is missing after his; write `his:`"),
    "no colon after the layer": ("policy__host:", "policy__host", "write `policy__host:`"),
    "no colon before a value": ("owner: dba", "owner dba", "the colon is missing after owner; write `owner: dba`"),
    "no space after a colon": ("rpo: 26h", "rpo:26h", "a space is missing after the colon; write `rpo: 26h`"),
    "a star": ('"*-*-* 01:30:00"', "*-*-* 01:30", 'must stand in quotes; write `schedule: "*-*-* 01:30"`'),
    "a star and a colon": ('"*-*-* 01:30:00"', "*:0/5", 'write `schedule: "*:0/5"`'),
    "a percent sign": ("Hospital information system", "%HIS", 'write `summary: "%HIS"`'),
    "a colon in a text": ("Hospital information system", "HIS: main", 'write `summary: "HIS: main"`'),
    "text after quotes": ("Hospital information system", '"HIS" main', "text after the closing quote"),
    "a backslash in quotes": ("Hospital information system", '"C:\\data"', r"write `summary: 'C:\data'`"),
    "a quote that does not close": ('01:30:00"', "01:30:00", 'the quote " is not closed'),
    "a quote that does not open": ('"*-*-* 01', "*-*-* 01", 'the quote " is not opened'),
    "a quote within braces": ('last day"}', "last day}", 'calendar: "day 10, day 20, last day"}`'),
    "a bracket that does not close": ("main.service]", "main.service", "] is missing; write `units: "),
    "a brace that does not close": ("yearly: 30y}", "yearly: 30y", "} is missing; write `retention: "),
    "a brace too many": ("yearly: 30y}", "yearly: 30y}}", "one } too many"),
    "no comma": ("monthly: 2y, yearly", "monthly: 2y yearly", "a comma is missing"),
    "a text in braces": ("Hospital information", "{HIS}", 'write `summary: "{HIS} system"`'),
    "an apostrophe in quotes": ("Hospital information system", "'The HIS's'", 'write `summary: "The HIS\'s"`'),
    "an equals sign": ("owner: dba", "owner = dba", "a colon belongs after owner, not =; write `owner: dba`"),
    "a dash in brackets": ("[postgresql@15-main.service]", "- postgresql", "a list is written [a, b], without -"),
    "a colon of another script": ("owner: dba", "owner\uff1adba", "(U+FF1A): type :; write `owner: dba`"),
    "a no-break space at first": ("      owner: dba", "\u00a0     owner: dba", "a no-break space (U+00A0)"),
    "a no-break space after a colon": ("owner: dba", "owner:\u00a0dba", "a no-break space (U+00A0)"),
    "a space that nobody sees": ("      rpo: 26h", "\u200b      rpo: 26h", "a zero width space (U+200B): delete it"),
    "a second document": ("      owner: dba", "---\n      owner: dba", "a second document begins here"),
}  # fmt: skip


@pytest.fixture(scope="module")
def healthy(checkout: Path) -> str:
    return (checkout / HIS1).read_text(encoding="utf-8")


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_the_line_that_is_wrong_is_told_with_what_to_type(mistake: tuple[str, str, str], healthy: str) -> None:
    old, new, says = mistake
    assert healthy.count(old) == 1
    line = healthy[: healthy.index(old)].count("\n") + 1
    (problem,) = explain(FILE, healthy.replace(old, new))
    assert problem.where == f"{FILE}:{line}"
    assert says in problem.message


def test_two_mistakes_are_told_at_once(healthy: str) -> None:
    text = healthy.replace("owner: dba", "owner dba").replace("rto: 4h", "rto:4h")
    assert [problem.where for problem in explain(FILE, text)] == [f"{FILE}:5", f"{FILE}:14"]


def test_what_no_repair_mends_is_told_without_a_guess() -> None:
    (problem,) = explain(FILE, "a: ]}\n  - ][\n")
    assert problem.message == "not valid YAML: while parsing a block node expected the node content, but found ']'"


def test_a_line_with_a_secret_is_not_shown() -> None:
    (problem,) = explain(FILE, "a: 1\ndb_password: *geheim*:x\nb: 1\n")
    assert problem.where == f"{FILE}:2"
    assert "geheim" not in problem.message


def test_nothing_is_said_of_a_whole_file(healthy: str) -> None:
    assert explain(FILE, healthy) == []
    assert explain(FILE, healthy.replace("\n", "\r\n")) == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_each_of_them_is_an_error_of_yaml(mistake: tuple[str, str, str], healthy: str) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.compose(healthy.replace(*mistake[:2]), Loader=yaml.SafeLoader)
