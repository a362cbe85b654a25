"""Words of a layer that stand at the left margin, where nobody reads them."""

from mistakes.mistake import ACCEPTED, HIS1, Table, append, at, refused, write

TABLE = Table()
add = TABLE.add
OWN = "host_vars/his1/duties.yml"
SECTIONS = {
    "duties": "{ups: {what: Test the UPS, who: it_head, every: 92d}}",
    "checks": "{memory: {kind: memory}}",
    "exceptions": "{old: {what: 'path:/srv/old', reason: It is empty, until: 2027-03-31}}",
    "contacts": "{nurse: {name: Head nurse}}",
}

for section, body in SECTIONS.items():
    add(
        f"{section} at the left margin",
        refused(at(HIS1, f"{section}: {{"), "indent it"),
        append(HIS1, f"{section}: {body}\n"),
    )
add(
    "duties in a file of their own",
    refused(at(OWN, 1), "nobody reads duties here"),
    write(OWN, f"duties: {SECTIONS['duties']}\n"),
)
add(
    "variables of others",
    ACCEPTED,
    append(HIS1, "checks: true\nsite: {name: north}\n"),
    write("host_vars/his1/other.yml", "checks: {web: {url: http}}\ncontacts: {a: {mail: x}}\n"),
)
