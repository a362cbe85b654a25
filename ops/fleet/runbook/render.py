"""The runbook as a whole: gathered from inventory and machines, written chapter by chapter, as text or as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.core import clock
from ops.evidence.keys import listed
from ops.fleet import inventory
from ops.fleet.control_machine import contents, host_facts
from ops.fleet.control_machine.identity import demanded, folder
from ops.fleet.ledgers import heads, signers
from ops.fleet.runbook import control
from ops.fleet.runbook.machine import Site, ledgers, losses, machine, order
from ops.fleet.runbook.model import CONTROL, Chapter, Step, know, known_elsewhere
from ops.policy.compile import document, document_digest, read_document
from ops.policy.model import Contact
from ops.reports import templates

WIDTH = 100
FINDINGS = "What you must know from elsewhere"


def gathered(path: Path | None) -> Site:
    """Return all that a runbook is made of."""
    read = inventory.read(path)
    policies = {host: read_document(document(one)) for host, one in read.policies().items()}
    home, signer_list = folder(read.path), signers.place(read.path)
    return Site(
        inventory=read,
        own=demanded(policies),
        policies=policies,
        facts=host_facts.read(home),
        signers={host: listed(signer_list, host) for host in policies},
        seen=heads.read(heads.place(read.path)),
    )


def written(site: Site) -> list[Chapter]:
    """Return the chapters; the last one lists what the others leave to be known from elsewhere."""
    chapters = [
        _people(site),
        _ways(site),
        control.chapter(site),
        *(machine(site, host) for host in order(site)),
        _afterwards(site),
        losses(site),
        ledgers(site),
    ]
    found = known_elsewhere(chapters)
    said = found or ["Nothing. This runbook and the key sheet are sufficient."]
    return [*chapters, Chapter(FINDINGS, (f"{len(found)} findings.", *said))]


def _people(site: Site) -> Chapter:
    contacts = site.own.contacts
    control = site.own.control
    assert control is not None  # noqa: S101 -- demanded
    safe = control.safe or know("where the key sheet is kept")
    lines = [_person(name, contact, site) for name, contact in contacts.items()]
    return Chapter("Who, and where the keys are", (*lines, f"The key sheet and this runbook are kept here: {safe}."))


def _person(name: str, contact: Contact, site: Site) -> str:
    phone = contact.phone or know(f"the telephone of {contact.name}")
    deputy = site.own.contacts.get(contact.deputy or "")
    stands_in = f"; deputy: {deputy.name}, {deputy.phone or know(f'the telephone of {deputy.name}')}" if deputy else ""
    owned = [asset for policy in site.policies.values() for asset, one in policy.assets.items() if one.owner == name]
    return f"{contact.name}: {phone}{stands_in}. Responsible for: {', '.join(owned) or 'none'}."


def _ways(site: Site) -> Chapter:
    """What is left when the site is gone, and the order in which the rest is made anew."""
    left = [f"{name}, on {one.host}" for name, one in site.own.repositories.items() if one.place == "offsite"]
    hosts = order(site)
    releases = sorted({site.facts[host].release for host in hosts if host in site.facts} | {control.RELEASE})
    without = [
        f"While {name} is down ({asset.summary}): {asset.without}."
        for policy in site.policies.values()
        for name, asset in policy.assets.items()
        if asset.without
    ]
    return Chapter(
        "What is left, and in which order to rebuild",
        (
            f"Left: {'; '.join(left)}. Everything else is assumed lost.",
            f"Order: {CONTROL}; {'; '.join(hosts)}.",
            f"You need: the key sheet, printed with the vault password; an installation medium for Debian "
            f"{' and '.join(releases)}; and a Debian package mirror.",
            *without,
        ),
    )


def _afterwards(site: Site) -> Chapter:
    path = site.inventory.path.resolve()
    steps = (
        Step(
            CONTROL,
            "Back up the control machine, including the facts about the new machines.",
            (f"seawall control backup -i {path}",),
        ),
        Step(
            CONTROL,
            "Delete everything that was typed from the sheet, except the vault password.",
            (f"cd {control.PLACE} && rm -rf sheet url password shown* {contents.BUNDLE}",),
        ),
        Step(
            CONTROL,
            "Audit everything from outside. Rebuilt machines have new ledgers with new keys, and `status` reports that "
            "correctly. Their old heads are listed below; docs/ledger.md explains how a ledger continues.",
            (f"seawall status -i {path}", f"seawall verify -i {path}"),
        ),
    )
    return Chapter("When users are working again", ("Print a new key sheet and a new runbook.",), steps)


def text(site: Site, chapters: Sequence[Chapter]) -> str:
    """Return the runbook as plain text. What is typed stands behind eight blanks, one command a line."""
    lines = [f"RUNBOOK OF {site.own.site.name.upper()}", *_made(site), ""]
    for number, chapter in enumerate(chapters, 1):
        lines += ["", f"{number}. {chapter.title.upper()}", ""]
        lines += [line for said in chapter.said for line in _wrapped(said, "   ")]
        for count, step in enumerate(chapter.steps, 1):
            lines += ["", *_wrapped(f"[{number}.{count}] on {step.on}: {step.words}", "   "), ""]
            lines += [f"        {command}" for command in step.commands]
    return "\n".join(lines) + "\n"


def _made(site: Site) -> Iterator[str]:
    digest = document_digest([document(policy) for policy in site.policies.values()])
    yield f"Generated {clock.iso(clock.now())} from the policy {digest[:16]}. It contains no secrets."


def _wrapped(said: str, indent: str) -> list[str]:
    """Break a text into lines; marks and keys stay whole, for they are looked for."""
    if said.startswith(" ") or len(said.split()) < 2 or "ssh-ed25519" in said:  # noqa: PLR2004 -- nothing to break
        return [f"{indent}{said}"]
    return textwrap.wrap(said, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def html(site: Site, chapters: Sequence[Chapter]) -> str:
    """Return the runbook as one page without anything from elsewhere."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("runbook.html.j2").render(
        site=site.own.site.name, made=next(_made(site)), chapters=chapters
    )
