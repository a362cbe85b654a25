"""Names that the policy can't give: they become names of units, files and secrets. Numbers: the first list's."""

from mistakes.mistake import ACCEPTED, ALL, DOCS1, HIS1, HOSTS, Table, at, his, refused, site, swap

TABLE = Table()
add = TABLE.add

for name, row in (("end", 34), ("enter", 35), ("manifest", 0), ("all", 0)):
    add(
        f"{row or ''} an asset named {name}".strip(),
        refused(at(HIS1, f"    {name}:"), name),
        his("    his:", f"    {name}:"),
    )
for word in ("no", "yes", "on", "off", "null", "~"):
    add(f"an asset named {word}", refused(at(HIS1, f"    {word}:"), "name"), his("    his:", f"    {word}:"))
add(
    "36 a source named manifest",
    refused(at(HIS1, "manifest:"), "manifest"),
    his("        database:", "        manifest:"),
)
add("a check named no", refused(at(HIS1, "    no:"), ""), his("    mains:", "    no:"))
add("a contact named yes", refused(at(ALL, "    yes:"), ""), site("    dba:", "    yes:"))
add(
    "a repository named end",
    ACCEPTED,
    site("    offsite: {", "    end: {"),
    site("repository: offsite", "repository: end"),
    his("to: offsite", "to: end"),
    swap(DOCS1, "to: offsite", "to: end"),
)
for name in ("röntgen", "醫院", "his-db", "HIS", "1", "his.db", "his db", "_his", "h" * 41, "his/db", "his%i", "$his"):
    add(f"39 an asset named {name}", refused(at(HIS1, f"    {name}:"), "name"), his("    his:", f"    {name}:"))
add("39 an asset named ../his", refused(at(HIS1, "    ../his:"), "name"), his("    his:", "    ../his:"))
add("an asset named by nothing", refused(at(HIS1, '    "":'), "name"), his("    his:", '    "":'))
add("a source named his-db", refused(at(HIS1, "his-db:"), "name"), his("        database:", "        his-db:"))
add("a copy named Off-site", refused(at(HIS1, "Off-site:"), "name"), his("        offsite:", "        Off-site:"))
add("a check named root/disk", refused(at(HIS1, "root/disk:"), "name"), his("    mains:", "    root/disk:"))
add("an asset of forty letters", ACCEPTED, his("    his:", f"    {'h' * 40}:"))
add(
    "a repository named off-site",
    refused(at(ALL, "off-site:"), "name"),
    site("    offsite: {", "    off-site: {"),
    site("repository: offsite", "repository: off-site"),
)
add("61 an IPv6 address", ACCEPTED, swap(HOSTS, "192.0.2.11}", '"2001:db8::11"}'))
add(
    "62 an IPv6 address as a backup host's name",
    refused(at(HOSTS, "2001:db8::21"), "name"),
    swap(HOSTS, "backup1: {ansible_host: 192.0.2.21}", '"2001:db8::21": {}'),
    site("host: backup1", 'host: "2001:db8::21"'),
)
add(
    "an umlaut in a host's name",
    refused(at(HOSTS, "röntgen1"), "röntgen1"),
    swap(HOSTS, "drill1: {", "röntgen1: {"),
    his("host: drill1", "host: röntgen1"),
)
add(
    "an underscore in a backup host's name",
    ACCEPTED,
    swap(HOSTS, "backup1: {", "backup_1: {"),
    site("host: backup1", "host: backup_1"),
)
add(
    "a host named as control is",
    refused(None, "control"),
    swap(HOSTS, "drill1: {", "control: {"),
    his("host: drill1", "host: control"),
)
