"""Statuses that machines handed over: signed by their own keys, the newest counts, all else is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import one_server
import pytest

from ops.core.clock import iso, now
from ops.core.errors import Damaged
from ops.core.names import Digest, HostName
from ops.core.quantity import Duration
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.evidence.ledger import Head
from ops.evidence.ssh_signature import sign
from ops.fleet.status import last_told, pushed
from ops.fleet.status.sshsig import signed_by
from ops.interfaces.card import NAMESPACE as CARD
from ops.interfaces.card import Signed, written
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.pushed import NAMESPACE, HandedOver, line, read
from ops.interfaces.status_answer import LedgerEnd
from ops.policy.model import HostPolicy
from ops.policy.push import Push
from ops.policy.units import units
from tests.states import answer

NOW = now()
Hand = Callable[..., HandedOver]


def key(folder: Path, name: str) -> Path:
    path = folder / name
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], timeout=60)
    return path


def public(path: Path) -> str:
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: key(folder, name) for name in ("his1", "other")}


@pytest.fixture
def hand(keys: dict[str, Path]) -> Hand:
    def handed(ago: float = 60, host: str = "his1", by: str = "his1", namespace: str = NAMESPACE) -> HandedOver:
        moment = iso(NOW - timedelta(seconds=ago))
        text = json.dumps(answer(host, time=moment, health_time=moment))
        content = written(Signed(text, sign(text, keys[by], namespace))).decode()
        return HandedOver(host=HostName("his1"), arrived=moment, content=content)

    return handed


@pytest.fixture
def policy() -> HostPolicy:
    from dataclasses import replace

    copies = {"safe": {"to": "offsite", "calendar": "07:00"}}
    return replace(one_server.policies(copies=copies)["his1"], push=Push(read=True))


@pytest.fixture
def judge(keys: dict[str, Path], policy: HostPolicy) -> Callable[..., pushed.Counting]:
    def judged(last: datetime | None = None, known: bool = True, **offered: HandedOver | str) -> pushed.Counting:
        listed = [public(keys["his1"])] if known else []
        return pushed.judged("his1", offered, listed, last, policy, NOW)

    return judged


def loud(status: MachineStatus) -> list[tuple[str, Verdict]]:
    assert status.told
    return [(one.message, one.verdict) for one in status.told.checks if one.verdict is not Verdict.PASS]


def test_openssh_and_we_say_the_same_of_signatures(keys: dict[str, Path]) -> None:
    text = "how it stands: Grün ✓"
    for by, path in keys.items():
        signature = sign(text, path, NAMESPACE)
        ours = [public(keys["his1"]), "ssh-rsa AAAA", "rubbish"]
        assert signed_by(text, signature, ours, NAMESPACE) is (by == "his1")
    signature = sign(text, keys["his1"], NAMESPACE)
    assert not signed_by(text + ".", signature, ours, NAMESPACE)
    assert not signed_by(text, signature, ours, CARD)
    assert not signed_by(text, signature, [], NAMESPACE)


@pytest.mark.parametrize("spoil", [lambda s: "", lambda s: s[:-40], lambda s: s.replace("A", "B", 3), lambda s: s * 2])
def test_what_is_no_signature_signs_nothing(keys: dict[str, Path], spoil: Callable[[str], str]) -> None:
    signature = sign("text", keys["his1"], NAMESPACE)
    assert not signed_by("text", spoil(signature), [public(keys["his1"])], NAMESPACE)


def test_every_bit_of_a_signature_counts(keys: dict[str, Path]) -> None:
    import base64

    lines = sign("text", keys["his1"], NAMESPACE).splitlines()
    data = base64.b64decode("".join(lines[1:-1]))
    for place in range(len(data)):
        spoiled = bytearray(data)
        spoiled[place] ^= 1
        armoured = "\n".join([lines[0], base64.b64encode(spoiled).decode(), lines[-1], ""])
        assert not signed_by("text", armoured, [public(keys["his1"])], NAMESPACE), place


def test_of_two_the_newer_counts(hand: Hand, judge: Callable[..., pushed.Counting]) -> None:
    found = judge(backup1=hand(60), offsite1=hand(3000))
    assert found.told == NOW.replace(microsecond=0) - timedelta(seconds=60) or found.told
    assert found.status.verdict is Verdict.PASS
    assert loud(found.status) == []


def test_one_that_lacks_it_is_a_warning(hand: Hand, judge: Callable[..., pushed.Counting]) -> None:
    found = judge(backup1=hand(), offsite1="did not answer")
    assert loud(found.status) == [("offsite1: did not answer", Verdict.WARN)]


def test_forged_and_replayed_ones_are_refused_by_name(hand: Hand, judge: Callable[..., pushed.Counting]) -> None:
    newest = NOW - timedelta(seconds=100)
    bad = {
        "not signed by the key that is known of his1: forged": hand(by="other"),
        "forged": hand(namespace=CARD),
        "is the status of lis1: replayed": hand(host="lis1"),
        "is older than one that was seen": hand(3000),
        "is no status": HandedOver(host=HostName("his1"), arrived=iso(NOW), content="rubbish"),
        "tells no time": HandedOver(host=HostName("his1"), arrived="soon", content=hand().content),
    }
    for words, one in bad.items():
        beside = judge(newest, backup1=hand(60), offsite1=one)
        ((said, verdict),) = loud(beside.status)
        assert words in said
        assert (said.startswith("offsite1: "), verdict) == (True, Verdict.FAIL)
        alone = judge(newest, backup1=one, offsite1="has no status of it")
        assert (alone.status.verdict, alone.status.told, alone.told) == (Verdict.UNKNOWN, None, None)
        assert words in alone.status.message


def test_older_than_two_intervals_is_unknown(hand: Hand, judge: Callable[..., pushed.Counting]) -> None:
    assert judge(backup1=hand(2 * 3600 - 60)).status.verdict is Verdict.PASS
    late = judge(backup1=hand(2 * 3600 + 400)).status
    assert (late.verdict, late.told) == (Verdict.UNKNOWN, None)
    assert "one is due every 1h" in late.message


def test_a_machine_whose_key_nobody_knows_is_unknown(hand: Hand, judge: Callable[..., pushed.Counting]) -> None:
    assert "seawall status --ask" in judge(known=False, backup1=hand()).status.message


@pytest.fixture
def ahead(keys: dict[str, Path]) -> Hand:
    """A status by a clock that is ahead, as a backup host tells of it that says what it likes of its arrival."""

    def handed(by: timedelta, arrived: timedelta = timedelta()) -> HandedOver:
        text = json.dumps(answer("his1", time=iso(NOW + by), health_time=iso(NOW + by)))
        content = written(Signed(text, sign(text, keys["his1"], NAMESPACE))).decode()
        return HandedOver(host=HostName("his1"), arrived=iso(NOW + arrived), content=content)

    return handed


def test_a_clock_that_is_ahead_is_doubted(ahead: Hand, judge: Callable[..., pushed.Counting]) -> None:
    found = judge(backup1=ahead(timedelta(minutes=4), -timedelta(minutes=3)))
    assert "ahead" in loud(found.status)[0][0]


def test_a_status_of_a_time_to_come_neither_counts_nor_makes_later_ones_replays(
    ahead: Hand, hand: Hand, judge: Callable[..., pushed.Counting]
) -> None:
    later = timedelta(days=300)
    alone = judge(backup1=ahead(later, later))
    assert (alone.status.verdict, alone.told) == (Verdict.UNKNOWN, None)
    assert "the machine's clock was ahead" in alone.status.message
    beside = judge(backup1=ahead(later, later), backup2=hand())
    assert beside.told == (NOW - timedelta(seconds=60)).replace(microsecond=0)
    assert [verdict for _, verdict in loud(beside.status)] == [Verdict.FAIL]


def test_the_end_of_a_ledger_never_goes_back() -> None:
    anchor = Head(7, "a" * 64)
    end = LedgerEnd(lines=7, head=Digest("a" * 64))
    assert pushed.held(end, anchor) is None
    assert pushed.held(LedgerEnd(lines=8, head=Digest("b" * 64)), anchor) is None
    assert pushed.held(None, None) is None
    for bad in (LedgerEnd(lines=6, head=Digest("a" * 64)), LedgerEnd(lines=7, head=Digest("b" * 64)), None):
        finding = pushed.held(bad, anchor)
        assert finding and finding.verdict is Verdict.FAIL


def test_silence_of_more_than_a_day_is_a_fail_and_less_is_unknown() -> None:
    mute = MachineStatus(verdict=Verdict.UNKNOWN, message="does not answer")
    assert last_told.silent(mute, NOW - timedelta(hours=25), NOW) == mute
    assert last_told.silent(mute, None, NOW) == mute
    gone = last_told.silent(mute, NOW - timedelta(hours=27), NOW)
    assert (gone.verdict, gone.message.split(",")[0]) == (Verdict.FAIL, "no report for 1d 3h")


def test_what_was_noted_is_read_again_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / ".told.json"
    moment = NOW.replace(microsecond=0)
    last_told.note(path, last_told.read(path), {"his1": moment, "lis1": moment}, {"his1": moment})
    last_told.note(path, last_told.read(path), {"his1": moment + timedelta(1)}, {})
    found = last_told.read(path)
    assert last_told.when(found.answered, "his1") == moment + timedelta(1)
    assert last_told.when(found.answered, "lis1") == last_told.when(found.pushed, "his1") == moment
    assert last_told.when(found.pushed, "gone") is None
    path.write_text('{"version": 1, "answered": {"his1": "soon"}}')
    with pytest.raises(Damaged, match=r"\.told\.json"):
        last_told.read(path)


def test_a_line_comes_back_as_it_was_written(hand: Hand) -> None:
    assert read(line(hand()), "x") == hand()
    with pytest.raises(Damaged):
        read('{"version": 1, "host": "../x", "arrived": "", "content": ""}', "x")


def test_the_unit_hands_over_and_opens_no_repository(policy: HostPolicy) -> None:
    (unit,) = (unit for unit in units(policy) if unit.name == "seawall-push")
    assert unit.credentials == ("primary.url", "offsite.url", "ca.pem", "ledger.key")
    assert (unit.calendar, unit.random_delay, unit.user, unit.capabilities) == (("*:00",), 900, "seawall", ())
    assert not [one for one in units(one_server.policies()["his1"]) if one.name == "seawall-push"]


@pytest.mark.parametrize(("every", "calendar"), [("10min", "*:0/10"), ("1h", "*:00"), ("6h", "0/6:00")])
def test_it_is_done_as_often_as_the_policy_says(every: str, calendar: str) -> None:
    assert Push(Duration.parse(every)).calendar == calendar
    run(["systemd-analyze", "calendar", calendar], timeout=60)


def test_what_a_timer_can_not_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="every must be"):
        Push(Duration.parse("50min"))


def test_those_are_read_there_whose_backup_hosts_take_it(policy: HostPolicy) -> None:
    policies = one_server.policies() | {"his1": policy}
    assert pushed.keepers(policies) == {"his1": ["backup1", "offsite1"]}
    assert pushed.keepers(one_server.policies()) == {}
