"""The runbook as a whole: gathered from inventory and machines, written chapter by chapter, as text or as a page."""

from __future__ import annotations

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
from ops.fleet.runbook.model import Chapter, Step, control_machine, know, known_elsewhere
from ops.policy.compile import document, document_digest, read_document
from ops.policy.model import Contact
from ops.reports import environment
from ops.reports.catalogue import tr, trn
from ops.reports.columns import wrapped
from ops.reports.times import stamp

WIDTH = 100


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
    said = found or [tr("Nothing. This runbook and the key sheet are sufficient.")]
    count = trn("{count} finding.", "{count} findings.", len(found))
    return [*chapters, Chapter(tr("What you must know from elsewhere"), (count, *said))]


def _people(site: Site) -> Chapter:
    contacts = site.own.contacts
    control = site.own.control
    assert control is not None  # noqa: S101 -- demanded
    safe = control.safe or know(tr("where the key sheet is kept"))
    lines = [_person(name, contact, site) for name, contact in contacts.items()]
    kept = tr("The key sheet and this runbook are kept here: {safe}.", safe=safe)
    return Chapter(tr("Who, and where the keys are"), (*lines, kept))


def _person(name: str, contact: Contact, site: Site) -> str:
    deputy = site.own.contacts.get(contact.deputy or "")
    owned = [asset for policy in site.policies.values() for asset, one in policy.assets.items() if one.owner == name]
    said = {"name": contact.name, "phone": _phone(contact), "assets": ", ".join(owned) or tr("none")}
    if deputy is None:
        return tr("{name}: {phone}. Responsible for: {assets}.", **said)
    return tr(
        "{name}: {phone}; deputy: {deputy}, {deputy_phone}. Responsible for: {assets}.",
        **said,
        deputy=deputy.name,
        deputy_phone=_phone(deputy),
    )


def _phone(contact: Contact) -> str:
    return contact.phone or know(tr("the telephone of {name}", name=contact.name))


def _ways(site: Site) -> Chapter:
    """What is left when the site is gone, and the order in which the rest is made anew."""
    left = [
        tr("{repository}, on {host}", repository=name, host=one.host)
        for name, one in site.own.repositories.items()
        if one.place == "offsite"
    ]
    hosts = order(site)
    releases = sorted({site.facts[host].release for host in hosts if host in site.facts} | {control.RELEASE})
    without = [
        tr("While {asset} is down ({summary}): {without}.", asset=name, summary=asset.summary, without=asset.without)
        for policy in site.policies.values()
        for name, asset in policy.assets.items()
        if asset.without
    ]
    return Chapter(
        tr("What is left, and in which order to rebuild"),
        (
            tr("Left: {repositories}. Everything else is assumed lost.", repositories="; ".join(left)),
            tr("Order: {machines}.", machines="; ".join([control_machine(), *hosts])),
            tr(
                "You need: the key sheet, printed with the vault password; an installation medium for Debian "
                "{releases}; and a Debian package mirror.",
                releases=tr(" and ").join(releases),
            ),
            *without,
        ),
    )


def _afterwards(site: Site) -> Chapter:
    path = site.inventory.path.resolve()
    steps = (
        Step(
            control_machine(),
            tr("Back up the control machine, including the facts about the new machines."),
            (f"seawall control backup -i {path}",),
        ),
        Step(
            control_machine(),
            tr("Delete everything that was typed from the sheet, except the vault password."),
            (f"cd {control.PLACE} && rm -rf sheet url password shown* {contents.BUNDLE}",),
        ),
        Step(
            control_machine(),
            tr(
                "Audit everything from outside. Rebuilt machines have new ledgers with new keys, and `status` reports "
                "that correctly. Their old heads are listed below; docs/ledger.md explains how a ledger continues."
            ),
            (f"seawall status -i {path}", f"seawall verify -i {path}"),
        ),
    )
    said = (tr("Print a new key sheet and a new runbook."),)
    return Chapter(tr("When users are working again"), said, steps)


def text(site: Site, chapters: Sequence[Chapter]) -> str:
    """Return the runbook as plain text. What is typed stands behind eight blanks, one command a line."""
    lines = [tr("Runbook of {site}", site=site.own.site.name).upper(), *_made(site), ""]
    for number, chapter in enumerate(chapters, 1):
        lines += ["", f"{number}. {chapter.title.upper()}", ""]
        lines += [line for said in chapter.said for line in _wrapped(said, "   ")]
        for count, step in enumerate(chapter.steps, 1):
            lines += [
                "",
                *_wrapped(f"[{number}.{count}] {tr('on {machine}:', machine=step.on)} {step.words}", "   "),
                "",
            ]
            lines += [f"        {command}" for command in step.commands]
    return "\n".join(lines) + "\n"


def _made(site: Site) -> Iterator[str]:
    digest = document_digest([document(policy) for policy in site.policies.values()])
    yield tr(
        "Generated {when} from the policy {policy}. It contains no secrets.",
        when=stamp(clock.iso(clock.now()), site.own.site.timezone),
        policy=digest[:16],
    )


def _wrapped(said: str, indent: str) -> list[str]:
    """Break a text into lines; marks and keys stay whole, for they are looked for."""
    if said.startswith(" ") or "ssh-ed25519" in said:
        return [f"{indent}{said}"]
    return wrapped(said, WIDTH, indent)


def html(site: Site, chapters: Sequence[Chapter]) -> str:
    """Return the runbook as one page without anything from elsewhere."""
    return (
        environment()
        .get_template("runbook.html.j2")
        .render(site=site.own.site.name, made=next(_made(site)), chapters=chapters)
    )
