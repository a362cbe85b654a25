"""The words of the report, each with what it means; the page shows that at a touch, and on paper at its end.

Where docs/glossary.md has a word, its meaning there and here is the same text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.reports.catalogue import tr


@dataclass(frozen=True)
class Word:
    """A word and its meaning. key: how templates name it."""

    key: str
    word: str
    meaning: str


def words() -> dict[str, Word]:
    """Return every word that is explained, by its key, in the language of this rendering."""
    return {word.key: word for word in (*_of_the_policy(), *_of_acts(), *_of_glances(), *_of_the_page())}


def _of_the_policy() -> tuple[Word, ...]:
    return (
        Word(
            "asset",
            tr("Asset"),
            tr("something the policy protects, with one name, one owner, one RPO and one RTO"),
        ),
        Word("rpo", tr("RPO"), tr("how much work may be lost: the maximum age of the newest good set")),
        Word("rto", tr("RTO"), tr("how long a restore may take")),
        Word(
            "set",
            tr("Set"),
            tr("the snapshots that belong to one backup: every part and the manifest. Whole, or it does not count"),
        ),
        Word("gap", tr("Gap"), tr("something on a machine that holds data and is covered by no asset")),
        Word(
            "duty",
            tr("Duty"),
            tr("an act that only a person can do, due again and again; an attestation fulfils it"),
        ),
        Word("exception", tr("Exception"), tr("a written reason why a gap is acceptable, with a last day")),
    )


def _of_acts() -> tuple[Word, ...]:
    return (
        Word(
            "backup",
            tr("Last good backup"),
            tr("how old the data of the newest set are that was read back; the bar shows how much of the RPO is used"),
        ),
        Word("copy", tr("Copy"), tr("a set brought to a further repository, and read back there")),
        Word(
            "drill",
            tr("Drill"),
            tr("a restore made to prove that restoring works; it measures recovery time and age of the data"),
        ),
        Word(
            "recovery",
            tr("Recovery"),
            tr("how long the restore of the last good drill took; the bar shows how much of the RTO that is"),
        ),
        Word("step", tr("Proof step"), tr("one judged step of a drill, such as archive, volume or content")),
        Word("check", tr("Check"), tr("one look at one thing on one machine, ending in a verdict")),
        Word(
            "record",
            tr("Record"),
            tr("one line of the ledger: who, when, what, with which figures and which verdict"),
        ),
    )


def _of_glances() -> tuple[Word, ...]:
    return (
        Word(
            "offsite",
            tr("Off-site"),
            tr(
                "where a disaster of the site does not reach: off-site repositories and removable "
                "disks. What is lost is all that came after the newest data there"
            ),
        ),
        Word(
            "room",
            tr("Room for backups"),
            tr(
                "what is free on the backup hosts. The day on which one is full is foretold from what was free "
                "at the last status of each day: the middle of the rates between days a week or more apart"
            ),
        ),
        Word(
            "due",
            tr("Due next"),
            tr("when the timers start next, up to their random delay later, and what persons have to do"),
        ),
        Word(
            "changes",
            tr("Since yesterday"),
            tr("compared with the last status that was made on an earlier day on this control machine"),
        ),
        Word(
            "attempt",
            tr("Attempts that failed"),
            tr("acts whose latest run ended in fail or unknown, even if an earlier good one still counts"),
        ),
    )


def _of_the_page() -> tuple[Word, ...]:
    return (
        Word(
            "valid",
            tr("Valid until"),
            tr(
                "a status says how things stood when it was made. After 26 hours the page turns grey, "
                "for it says nothing about today"
            ),
        ),
        Word(
            "verdict",
            tr("Verdict"),
            tr("pass, warn, fail or unknown; unknown means that nobody could look, and never counts as a pass"),
        ),
    )
