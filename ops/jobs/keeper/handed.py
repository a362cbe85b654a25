"""Judging the cards that were handed over: whose they are, by the keys that the control machine has brought here."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.names import HostName
from ops.core.printable import printable
from ops.core.quantity import Size
from ops.evidence import keys
from ops.evidence.ssh_signature import agrees
from ops.interfaces.card import CARDS, NAMESPACE, ProofCard, SetCard, Signed, opened, proof_card, set_card
from ops.jobs.host import folders
from ops.keeper import handed
from ops.keeper.handed import Handed
from ops.keeper.register import KnownCard, Register
from ops.keeper.whole import Drilled

SIGNERS = "card_signers"  # below the folder of settings; the role writes it
MOST_BYTES = 512 << 20  # of all cards about a client; all are read each night, and kept on this machine's own disk


@dataclass
class Told:
    """What the cards about a client say. odd: those that do not count, in words."""

    sets: list[tuple[float, SetCard]] = field(default_factory=list)
    drills: list[Drilled] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def judged(register: Register, host: str, readers: Collection[str], now: float) -> Told:
    """Enter the new cards about a client, and return what all say; readers: the drill hosts that may prove its sets.

    A card is judged once. Only one whose signature nobody here can check is judged anew each night: the key may come.
    """
    base, known = folders.repositories(), register.known_cards(host)
    told, final = Told(), []
    left = MOST_BYTES - register.card_bytes(host)
    for one in itertools.chain(handed.of_sets(base, host, known), handed.of_drills(base, host, known)):
        left -= len(one.content)
        if left < 0:
            told.odd.append(f"{one.path} and others are more than is kept: {Size(MOST_BYTES)} of cards")
            break
        wrong, again = _wrong(one, host, readers)
        wrong = printable(wrong)
        if wrong:
            told.odd.append(f"{one.path} {wrong}")
        if not again:
            final.append(KnownCard(one.path, one.arrived, b"" if wrong else one.content, wrong))
    register.judged(host, final, now)
    for card in register.cards(host):
        if not card.refused:
            _tell(told, card)
    return told


def _wrong(one: Handed, host: str, readers: Collection[str]) -> tuple[str, bool]:
    """Return why a card does not count, empty where it does, and whether that may change."""
    if one.wrong:
        return one.wrong, False
    try:
        signed = opened(one.content, "a card")
        card = _card(one.path, signed)
    except Damaged as error:
        return f"is no card: {error.message.splitlines()[0]}", False
    if card.client != host:
        return "is about another machine", False
    signer = card.by if isinstance(card, ProofCard) else card.client
    if isinstance(card, ProofCard) and signer not in readers:
        return f"is of {signer}, which drills nothing of {host}", False
    return _unsigned(signed, signer)


def _unsigned(signed: Signed, signer: HostName) -> tuple[str, bool]:
    signers = folders.etc() / SIGNERS
    if not keys.listed(signers, signer):
        return f"can't be checked: no key of {signer} is known here, run playbooks/site.yml", True
    with tempfile.TemporaryDirectory(prefix="seawall-card-") as folder:
        signature = Path(folder, "sig")
        signature.write_text(signed.signature, encoding="utf-8", errors="backslashreplace")
        if agrees(signed.text, signature, signers, signer, NAMESPACE):
            return "", False
    return f"is not signed by the key that is known of {signer}", True


def _card(path: str, signed: Signed) -> SetCard | ProofCard:
    return set_card(signed, "a card") if path.startswith(CARDS) else proof_card(signed, "a card")


def _tell(told: Told, known: KnownCard) -> None:
    card = _card(known.path, opened(known.content, known.path))
    if isinstance(card, SetCard):
        told.sets.append((known.arrived, card))
    else:
        told.drills.append(Drilled(card, known.arrived))
