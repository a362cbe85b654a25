"""One name, one thing: what is joined of names of the policy is never the same for two different things."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core.errors import PolicyError
from ops.interfaces import joined
from ops.jobs.host.own_policy import validated
from ops.policy import HostLayers, HostPolicy, compile_site
from ops.policy.compile import document
from ops.policy.units import units

# Names that are others put together, and hosts that are names of the files of others.
NAMES = ("a", "b", "c", "a_b", "b_c", "a_b_c", "his", "his_server", "server", "reader", "age", "gaps", "copy", "r_h")
PLACES = ("a", "b", "a_b", "reader")
HOSTS = ("h", "a-h", "reader", "reader-a", "reader-a-h", "reader-a_b", "h-a", "b")
ALL: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "IT"}},
    "repositories": {
        place: {"kind": "rest_server", "place": "primary", "host": f"backup{number}"}
        for number, place in enumerate(PLACES)
    },
}
KEEPERS = [repository["host"] for repository in ALL["repositories"].values()]
PROMISES = {"owner": "it", "schedule": "*-*-* 01:30:00", "rpo": "26h", "rto": "1h", "retention": {"all": "14d"}}
POLICY_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def asset(name: str, place: str, copies: Mapping[str, str], driller: str | None) -> dict[str, Any]:
    sources = {"tree": {"kind": "files", "options": {"paths": [f"/srv/{name}"]}}}
    wanted = {short: {"to": to, "calendar": "daily"} for short, to in copies.items()}
    drill = {"drill": {"host": driller, "every": "31d", "kind": "files"}} if driller else {}
    return {**PROMISES, "sources": sources, "repository": place, "copies": wanted, **drill}


@st.composite
def sites(draw: st.DrawFn) -> dict[str, HostLayers]:
    """Sites of some hosts, some of which back up and some drill, all of them with such names."""
    hosts = draw(st.lists(st.sampled_from(HOSTS), min_size=2, max_size=5, unique=True))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    assets: dict[str, dict[str, Any]] = {host: {} for host in hosts}
    for name in names:
        owner, driller = draw(st.sampled_from(hosts)), draw(st.sampled_from([None, *hosts]))
        places = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=4, unique=True))
        shorts = draw(st.lists(st.sampled_from(NAMES), min_size=3, max_size=3, unique=True))
        copies = dict(zip(shorts, places[1:], strict=False))
        assets[owner][name] = asset(name, places[0], copies, None if driller == owner else driller)
    checks = {name: {"kind": "memory"} for name in draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))}
    layers = {host: HostLayers(ALL, host={"assets": own, "checks": checks}) for host, own in assets.items()}
    return layers | {host: HostLayers(ALL) for host in KEEPERS}


def secrets(policy: HostPolicy) -> Iterator[tuple[tuple[str, ...], str]]:
    """What each file with a secret is for, and its name."""
    for one in policy.assets.values():
        for place in (one.repository, *(copy.to for copy in one.copies.values())):
            yield ("own", place), joined.password_file(place)
            if one.drill:
                yield ("reader", place, one.drill.host), joined.reader_file(place, one.drill.host)
    for drilled in policy.drills.values():
        for place in (drilled.asset.repository, *(copy.to for copy in drilled.asset.copies.values())):
            yield ("read", drilled.host, place), joined.password_file(joined.read_from(drilled.host, place))


@pytest.mark.unmeasured
@examples(400)
@given(sites())
def test_two_things_never_have_one_name(site: dict[str, HostLayers]) -> None:
    try:
        policies = compile_site(site)
    except PolicyError as refused:
        assert any("rename one of them" in str(problem) or "gaps" in str(problem) for problem in refused.problems)
        return
    for policy in policies.values():
        copies = sum(len(one.copies) for one in policy.assets.values())
        acts = len(policy.assets) + copies + len(policy.drills)
        names = {unit.name for unit in units(policy)}
        assert len(names) == acts + len(("health", "gaps")) + len(("arrivals", "retention", "scrub")) * bool(
            policy.clients
        )
        written = {name for name in policy.checks if POLICY_NAME.fullmatch(name)}
        assert len(policy.checks) == acts + len(policy.peers) + len(written)
        things = dict(secrets(policy))
        assert len(things) == len({*things.values()})


def test_no_two_pairs_of_names_are_joined_to_one() -> None:
    pairs = list(itertools.product(NAMES, NAMES))
    assert len({joined.copy(*pair) for pair in pairs}) == len(pairs)
    checks = {joined.check(kind, *pair) for kind in ("backup_age", "copy_age") for pair in (*pairs, *zip(NAMES))}
    assert len(checks) == 2 * (len(pairs) + len(NAMES))


def refused(site: dict[str, HostLayers]) -> str:
    with pytest.raises(PolicyError) as caught:
        compile_site(site)
    return str(caught.value)


def site(**hosts: dict[str, Any]) -> dict[str, HostLayers]:
    named = {host.replace("_", "-"): HostLayers(ALL, host=own) for host, own in hosts.items()}
    return {**named, **{host: HostLayers(ALL) for host in KEEPERS}}


def test_the_checks_of_two_copies_are_two_checks_with_two_units() -> None:
    """Both were called `copy_age_his_a_b`, and only one of the copies was watched."""
    own = {"his": asset("his", "a", {"a_b": "b"}, None), "his_a": asset("his_a", "a", {"b": "b"}, None)}
    policy = compile_site(site(h={"assets": own}))["h"]
    assert {name for name in policy.checks if name.startswith("copy_age")} == {"copy_age-his-a_b", "copy_age-his_a-b"}
    assert {unit.name for unit in units(policy)} >= {"seawall-copy-his-a_b", "seawall-copy-his_a-b"}


def test_a_host_whose_name_makes_two_secrets_one_is_refused() -> None:
    """The key of `h` for `x`'s own repository `a`, and the one by which `x` reads what `reader-a` has in `h`."""
    more = {**ALL, "repositories": {**ALL["repositories"], "h": {**ALL["repositories"]["b"], "host": "h"}}}
    layers = {
        "h": HostLayers(more),
        "x": HostLayers(more, host={"assets": {"his": asset("his", "a", {}, "d")}}),
        "reader-a": HostLayers(more, host={"assets": {"lis": asset("lis", "h", {}, "x")}}),
        "d": HostLayers(more),
        **{host: HostLayers(more) for host in KEEPERS},
    }
    compile_site(layers)
    both = {**layers, "x": HostLayers(more, host={"assets": {"his": asset("his", "a", {}, "h")}})}
    assert "would have the file with a secret reader-a-h.password" in refused(both)


RENDERED = {
    "an asset called end": ("his", "end", "is a word of `seawall drill`"),
    "an asset called manifest": ("his", "manifest", "the word is reserved"),
    "an asset with a separator": ("his", "his-a", "is not a valid name"),
    "an asset that leads out": ("his", "../his", "is not a valid name"),
    "a source called manifest": ("tree", "manifest", "every set has a part of its own"),
    "a source with a plus": ("tree", "a+b", "is not a valid name"),
    "a copy with a separator": ("away", "a-b", "is not a valid name"),
    "a check that the status adds": ("room", "health", "the policy makes by itself"),
    "a check with a separator": ("room", "room-his", "is not a valid name"),
}


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    own = {"his": asset("his", "a", {"away": "b"}, None)}
    policies = compile_site(site(h={"assets": own, "checks": {"room": {"kind": "memory"}}}))
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document(policies["h"])))
    return path


def renamed(data: Any, old: str, new: str) -> Any:
    """Rename a key wherever it is one."""
    if isinstance(data, dict):
        return {new if name == old else name: renamed(value, old, new) for name, value in data.items()}
    return data


@pytest.mark.parametrize(("old", "new", "says"), RENDERED.values(), ids=RENDERED)
def test_a_server_refuses_such_names_itself(rendered: Path, old: str, new: str, says: str) -> None:
    validated(rendered)
    rendered.write_text(json.dumps(renamed(json.loads(rendered.read_text()), old, new)))
    with pytest.raises(PolicyError, match=re.escape(says)):
        validated(rendered)


def test_a_server_takes_the_names_that_checks_had_before(rendered: Path) -> None:
    said = renamed(json.loads(rendered.read_text()), "copy_age-his-away", "copy_age_his_away")
    rendered.write_text(json.dumps(said))
    assert "copy_age_his_away" in validated(rendered).checks


def test_a_server_refuses_a_check_of_an_act_that_is_not_there(rendered: Path) -> None:
    said = json.loads(rendered.read_text())
    said["checks"]["copy_age-his-away"]["options"]["copy"] = "elsewhere"
    rendered.write_text(json.dumps(said))
    with pytest.raises(PolicyError, match="nothing that it follows from"):
        validated(rendered)


TIMES = {
    "a zone of its own": ('"*-*-* 01:30:00"', '"*-*-* 01:30:00 UTC"', "read in the site's time zone"),
    "the 30th of February": ('"*-*-* 01:30:00"', '"*-02-30 01:30:00"', "February"),
    "a span that overflows": ('"1d 2h"', '"99999999999999y"', "expected a duration"),
    "a span of a thousand years": ('"1d 2h"', '"1000y"', "out of range"),
    "no time to restore": ('"1h"', '"0s"', "out of range"),
    "a delay that overflows": ('"15min"', '"99999999999y"', "expected a duration"),
    "a zone that nobody knows": ('"UTC"', '"Mars/Phobos"', "is not a time zone"),
    "a calendar of one day": ('"*-*-* 01:30:00"', '"2030-12-01 01:30:00"', "once|again"),
}


@pytest.mark.parametrize(("old", "new", "says"), TIMES.values(), ids=TIMES)
def test_a_server_refuses_times_that_nobody_can_keep(rendered: Path, old: str, new: str, says: str) -> None:
    text = rendered.read_text()
    assert old in text
    rendered.write_text(text.replace(old, new))
    with pytest.raises(PolicyError, match=says):
        validated(rendered)


@pytest.mark.parametrize(("letters", "is_refused"), [(87, False), (88, True)])
def test_a_host_whose_name_is_too_long_for_its_socket_is_refused(letters: int, is_refused: bool) -> None:
    name = "h" * letters
    hosts = site(**{name: {"assets": {"papers": asset("papers", "a", {}, None)}}})
    if is_refused:
        assert "would have the socket /run/seawall-writer/hh" in refused(hosts)
    else:
        compile_site(hosts)


def test_nothing_else_joins_names() -> None:
    """Whoever joins them elsewhere makes names that no rule knows."""
    ops = Path(__file__).parents[3] / "ops"
    acts = "backup|copy|drill|restore|sabotage|dump"
    joins = re.compile(rf'f"(?:{acts})-\{{|f"seawall-(?:backup|copy|drill)-\{{|f"(?:backup|copy|drill)_age|"reader-\{{')
    found = [
        f"{path.relative_to(ops)}:{number}"
        for path in sorted(ops.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if joins.search(line) and path.name != "joined.py"
    ]
    assert found == []


@pytest.mark.parametrize("host", ["his1", "drill1"])
def test_the_policies_of_the_release_before_are_taken(host: str) -> None:
    kept = Path(__file__).parents[1] / f"interfaces/version_0_1/{host}/policy.json"
    assert validated(kept).host == host
