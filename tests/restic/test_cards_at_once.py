"""Backups that end in the same moment hand over their cards, each other's too, and none of them waits."""

from concurrent.futures import ThreadPoolExecutor

from one_machine import Machine

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import SetCard
from ops.jobs.host import cards

ACTS = 8


def card(number: int) -> SetCard:
    now, digest = clock.iso(clock.now()), Digest(f"{number:064x}")
    return SetCard(
        client=HostName("his1"),
        asset=Name(f"asset{number}"),
        set=SetId(f"{number:08x}"),
        captured=now,
        finished=now,
        manifest=digest,
        snapshots=(digest,),
        bytes=1,
        files=1,
        added=1,
    )


def test_acts_that_end_together_leave_no_card_waiting(machine: Machine) -> None:
    place = machine.place("primary")
    with ThreadPoolExecutor(ACTS) as acts:
        said = [*acts.map(lambda number: cards.of_set(place, card(number)), range(ACTS))]
    assert said == [""] * ACTS
    assert [*(machine.root / "var/lib/seawall/state/cards/primary").glob("*.card")] == []
