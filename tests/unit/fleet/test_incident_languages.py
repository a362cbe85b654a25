"""The screen of an incident in four languages, with steps of Seawall's or of the site's own."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from catalogues import Marked, strings, unmarked
from incident_site import CLOSED, Seawall, a_site, a_terminal, opened  # noqa: F401 -- fixtures

from ops.core import clock
from ops.core.errors import PolicyError
from ops.fleet import inventory as inventories
from ops.fleet.incidents import kinds, people, screen, steps
from ops.fleet.incidents.told import Acknowledged, Proposal, Proposals
from ops.fleet.incidents.write import Site
from ops.fleet.packaging import catalogues as made
from ops.fleet.packaging import deb
from ops.interfaces.incident import KINDS
from ops.reports.catalogue import speaking
from ops.reports.times import Times

pytestmark = pytest.mark.usefixtures("quick_inventory")
TITLES = {
    "en": ("WHAT TO DO NOW", "WHO MUST KNOW, AND BY WHEN", "See what is broken"),
    "pt_BR": ("O QUE FAZER AGORA", "QUEM PRECISA SABER", "Veja o que falhou"),
    "cs": ("CO TEĎ DĚLAT", "KDO TO MUSÍ VĚDĚT", "Zjistěte, co nefunguje"),
    "zh_CN": ("现在做什么", "谁必须知道", "查看什么坏了"),
}


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Make what commands read, as set-up does."""
    made.make(deb.CHECKOUT)


def changed(site: Path, change: Callable[[dict], object]) -> None:
    path = site / "group_vars/all/policy.yml"
    tree = yaml.safe_load(path.read_text())
    change(tree["policy__all"])
    path.write_text(yaml.safe_dump(tree))


def whole(site: Path, number: int) -> str:
    """All that the screen can say of an incident, and the list."""
    own = Site.of(inventories.read(site))
    book = own.book()
    one, times = book.of(number), Times.of(clock.now(), own.own.site.timezone)
    acks = [Acknowledged(clock.iso(clock.now()), 7, "ana", clock.iso(clock.now()), "XACK")]
    proposals = Proposals((Proposal("his1", "root_disk", "class_1", one.opened, one.opened, "XCMD"),), {"backup1": "X"})
    shown = screen.shown(
        one, people.who(one, own.policies, own.own), steps.first(one, own.policies), acks, times, everything=False
    )
    return shown + "\n" + screen.listed(book, proposals, times, closed=True)


def busy(seawall: Seawall) -> int:
    number = opened(seawall, "--discovered", clock.iso(clock.now() - timedelta(minutes=40)), "--alarm", "his1/3")
    for note in range(4):
        assert seawall("note", str(number), f"XNOTE{note}", "--at", clock.iso(clock.now()), "--gone", "XGONE")[0] == 0
    return number


def test_every_word_of_ours_passes_through_the_catalogue(
    site: Path, seawall: Seawall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "MOST", 3)
    number = busy(seawall)
    own = Site.of(inventories.read(site))
    wrote = [
        "outpatient billing works on its own",
        "inpatients, pharmacy and wards work by hand",
        "Patients are admitted on paper",
    ]
    wrote += [
        "the HIS does not answer",
        "claudia",
        "class_1",
        "database",
        "root_disk",
        "seawall ack 3 --reason 'incident 1'",
    ]
    wrote += ["seawall status", "seawall snapshots his", "seawall restore his", "seawall runbook", "TEXT"]
    wrote += [
        f"seawall incident note {number}",
        f"seawall incident show {number} --all",
        "XCMD",
        "XACK",
        "XGONE",
        "ana",
    ]
    wrote += [f"XNOTE{note}" for note in range(4)] + [
        own.own.site.timezone,
        *strings([c.name for c in own.own.contacts.values()]),
    ]
    with speaking(Marked()):
        text = whole(site, number)
        assert unmarked(text, [*wrote, "his", "his1", "backup1", "disk full", "warn at 20 %", "34 requests"]) == []
        assert seawall("close", str(number), *CLOSED)[0] == 0
        text = whole(site, number)
    assert unmarked(text, [*wrote, "his", "his1", "backup1", "disk full", "warn at 20 %", "34 requests"]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_steps_of_each_kind_pass_through_it_too(kind: str) -> None:
    with speaking(Marked()):
        said = "\n".join(kinds.of(kind, 41))
    commands = ["seawall status --ask", "seawall status", "seawall ups plan", "seawall snapshots ASSET", "docs/keys.md"]
    commands += ["seawall restore ASSET", "seawall repository arrivals", "--at"]
    commands += ["seawall incident note 41 'the list' --gone 'THING = VALUE'"]
    assert unmarked(said, commands) == []
    assert len(said.splitlines()) > 2


@pytest.mark.parametrize("language", TITLES)
def test_the_screen_speaks_the_sites_language_or_the_one_that_is_asked_for(
    site: Path, seawall: Seawall, language: str
) -> None:
    number = opened(seawall)
    asked = seawall("show", str(number), "--language", language)[1]
    assert all(title in asked for title in TITLES[language])
    changed(site, lambda policy: policy["site"].update(language=language))
    told = seawall("show", str(number))[1]
    assert told.splitlines()[-1] == asked.splitlines()[-1]
    assert all(title in told for title in TITLES[language])
    assert ('"steps"' in seawall("show", str(number), "--json")[1]) is True
    assert "See what is broken" in seawall("show", str(number), "--json")[1]
    assert seawall("list")[0] == 0


def test_a_site_writes_its_own_steps_of_a_kind(site: Path, seawall: Seawall) -> None:
    own = ["Call the vendor: +55 11 5555 0199", "Note it: seawall incident note {number} TEXT"]
    changed(site, lambda policy: policy.update(incidents={"steps": {"database": own}}))
    number = opened(seawall)
    shown = seawall("show", str(number))[1]
    assert "1. Call the vendor: +55 11 5555 0199" in shown
    assert f"2. Note it: seawall incident note {number} TEXT" in shown
    assert "See what is broken" not in shown
    code, out, _ = seawall("open", "--class", "1", "--kind", "network", "--affected", "his1", "no link")
    assert code == 0
    assert "See which machines answer" in out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"databse": ["x"]}, "did you mean 'database'"),
        ({"database": []}, "leave it out"),
        ({"database": [" "]}, "say in one sentence"),
    ],
)
def test_steps_that_are_wrong_are_refused(site: Path, given: dict, told: str) -> None:
    changed(site, lambda policy: policy.update(incidents={"steps": given}))
    with pytest.raises(PolicyError) as refused:
        inventories.read(site).policies()
    assert told in str(refused.value)
