"""The validation protocol in the evidence pack of twelve months."""

from __future__ import annotations

from ops.core.errors import Unavailable
from ops.core.printable import as_json
from ops.fleet.conformity import load
from ops.fleet.conformity.facts import Facts
from ops.fleet.inventory import Inventory
from ops.fleet.pdf import printed
from ops.fleet.validation.gather import first_of, made, releases
from ops.reports import languages
from ops.reports.catalogue import speaking

FOLDER = "validation"


def add(inventory: Inventory, facts: Facts, files: dict[str, bytes], unseen: list[str]) -> None:
    """Add the protocol to the files of a pack, as a page, a PDF and for programs; of another period there is none."""
    first, last = (moment.astimezone(facts.zone).date() for moment in (facts.since, facts.until))
    if first != first_of(last):
        return
    from ops.reports import validation

    found = made(facts, load.used(inventory), releases(inventory))
    with speaking(languages.catalogue(found.conformity.language)):
        page = validation.render(found)
    files[f"{FOLDER}/protocol.html"] = page.encode()
    files[f"{FOLDER}/protocol.json"] = f"{as_json(found.written())}\n".encode()
    try:
        files[f"{FOLDER}/protocol.pdf"] = printed(page)
    except Unavailable as error:
        unseen.append(f"Validation protocol: no PDF was made of its page: {error}.")
