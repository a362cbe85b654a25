"""Checks and exceptions that fit no other word of the policy. Numbers: the first list's."""

from mistakes.mistake import ACCEPTED, DOCS1, HIS1, HOSTS, UPS, Table, append, at, his, noted, refused, remove, swap

TABLE = Table()
add = TABLE.add
RACK = "mains: {driver: usbhid-ups, port: auto, description: Rack of the server room}"

add("a UPS that no ups_devices has", refused(at(HIS1, "ups: mains"), "ups_devices"), remove(UPS))
add("a UPS of another name", refused(at(HIS1, "ups: main}"), "did you mean 'mains'?"), his("ups: mains", "ups: main"))
add(
    "a UPS of a host outside ups_hosts",
    refused(at(HIS1, "ups: mains"), "ups_hosts"),
    swap(HOSTS, "    ups_hosts:\n      hosts:\n        his1:\n", ""),
)
for described, where, says in (
    ("- name: mains\n    driver: usbhid-ups", "ups_devices:", ("expected a mapping", "a list")),
    ("mains", "ups_devices:", ("expected a mapping", "'mains'")),
    ("", "ups_devices:", ("expected a mapping", "nothing")),
    ("mains:", "mains:", ("expected a mapping", "nothing")),
    ("mains: usbhid-ups", "mains:", ("expected a mapping", "usbhid-ups")),
    ("mains: {port: auto, description: x}", "mains:", ("driver",)),
    ("mains: {driver: usbhid-ups, description: x}", "mains:", ("port",)),
    ("mains:\n    driver: usbhid ups\n    port: auto\n    description: x", "driver:", ("driver: expected one word",)),
    ('mains:\n    driver: usbhid-ups\n    port: "a\\eb"\n    description: x', "port:", ("port: expected one word",)),
    ("mains:\n    driver: usbhid-ups\n    prot: auto\n    description: x", "prot:", ("did you mean 'port'?",)),
    ("mains:\n    driver: usbhid-ups\n    port: 1\n    description: x", "port:", ("expected a text",)),
):
    add(f"ups_devices of {described or 'nothing'}", refused(at(UPS, where), *says, most=2), swap(UPS, RACK, described))
add(
    "a UPS that an expression describes",
    ACCEPTED,
    swap(UPS, RACK, 'mains: "{{ the_rack }}"'),
)
add("UPS devices that an expression describes", ACCEPTED, swap(UPS, f"\n  {RACK}", ' "{{ devices_of_the_ward }}"'))
add(
    "a UPS whose settings are sealed",
    ACCEPTED,
    swap(UPS, "room}", "room, settings: {community: !vault x, pollinterval: 5}}"),
)
add(
    "UPS devices in hosts.yml",
    refused(at(HOSTS, "ups_devices"), "driver"),
    remove(UPS),
    swap(
        HOSTS,
        "his1: {ansible_host: 192.0.2.11}",
        "his1: {ansible_host: 192.0.2.11, ups_devices: {mains: {port: auto}}}",
    ),
)
add("a variable of somebody else about a UPS", ACCEPTED, append(UPS, "ups_device: mains\n"))
add("a UPS at another machine", ACCEPTED, his("options: {ups: mains}", "options: {ups: rack, host: 192.0.2.99}"))
add(
    "a check that takes the name of the policy's own",
    refused(at(HIS1, "backup_age_his:"), "backup_age_his"),
    his("    mains: {", "    backup_age_his: {kind: memory}\n    mains: {"),
)
add(
    "a check named gaps",
    refused(at(HIS1, "gaps:"), "gaps"),
    his("    mains: {", "    gaps: {kind: memory}\n    mains: {"),
)
add(
    "a check of the policy's own kind",
    refused(at(HIS1, "mine:"), ""),
    his("    mains: {", "    mine: {kind: backup_age, options: {asset: hsi, rpo: 26h}}\n    mains: {"),
)
add(
    "91 an exception that excuses everything",
    refused(at(HIS1, "path:/*"), "everything"),
    append(HIS1, '  exceptions:\n    all: {what: "path:/*", reason: none, until: 2026-12-31}\n'),
)
add(
    "91 an exception for every database",
    refused(at(HIS1, "postgresql:*"), ""),
    append(HIS1, '  exceptions:\n    all: {what: "postgresql:*", reason: none, until: 2026-12-31}\n'),
)
add(
    "an exception for path:/",
    refused(at(HIS1, "path:/,"), "everything"),
    append(HIS1, "  exceptions:\n    all: {what: path:/, reason: none, until: 2026-12-31}\n"),
)
add(
    "an exception",
    ACCEPTED,
    append(HIS1, "  exceptions:\n    scratch: {what: postgresql:5432/scratch, reason: made anew, until: 2026-12-31}\n"),
)
add(
    "89 an exception until 2020",
    noted(at(HIS1, "2020-01-01"), "2020-01-01"),
    append(HIS1, "  exceptions:\n    old: {what: postgresql:5432/old, reason: made anew, until: 2020-01-01}\n"),
)
for folder, kind in (
    ("/var/lib/postgresql", "postgresql"),
    ("/var/lib/postgresql/15/main", "postgresql"),
    ("/var/lib/mysql/his", "mariadb"),
):
    add(
        f"the files of a running server in {folder}",
        noted(at(DOCS1, "paths:"), folder, "no backup", f"kind {kind}"),
        swap(DOCS1, "[/srv/documents]", f"[/srv/documents, {folder}]"),
    )
add(
    "a folder in which a running server has its files",
    noted(at(HIS1, "state:"), "/var/lib/postgresql", "no backup", "kind postgresql"),
    his("        database:", "        state: {kind: files, options: {paths: [/var/lib]}}\n        database:"),
)
add(
    "a folder without a running server's files",
    ACCEPTED,
    his(
        "        database:",
        "        state: {kind: files, options: {paths: [/var/lib], exclude: [/var/lib/postgresql]}}\n        database:",
    ),
)
add("a folder named as a server's", ACCEPTED, swap(DOCS1, "[/srv/documents]", "[/srv/var/lib/mysql, /var/lib/mysqlx]"))
