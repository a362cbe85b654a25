"""What YAML reads otherwise than it was meant, or not at all. Numbers: the first list's."""

from mistakes.mistake import (
    ACCEPTED,
    ALL,
    DOCS1,
    HIS1,
    HOSTS,
    SERVERS,
    Table,
    append,
    at,
    everywhere,
    his,
    noted,
    recode,
    refused,
    site,
    swap,
    write,
)

TABLE = Table()
add = TABLE.add

add("1 a tab", refused(at(HIS1, 5), "tab", "space", most=1), his("      owner", "\towner"))
add("a tab behind spaces", refused(at(HIS1, 5), "tab", most=1), his("      owner", "    \towner"))
add("a tab before a comment", refused(at(HIS1, 12), "tab", most=1), his("      # At most", "\t# At most"))
add("2 a key one step too shallow", refused(at(HIS1, 5), "", most=1), his("      owner:", "    owner:"))
add("3 one space too many", refused(at(HIS1, "       owner"), "space", most=1), his("      owner", "       owner"))
add("one space too few", refused(at(HIS1, "     rpo"), "space", most=1), his("      rpo", "     rpo"))
add(
    "4 assets as a list",
    refused(at(HIS1, "assets:"), "expected a mapping"),
    his("    his:\n      owner", "    - name: his\n      owner"),
)
add(
    "5 sources as a list",
    refused(at(HIS1, "sources:"), "expected a mapping"),
    his("        database: {kind: postgresql, options: {database: his}}", "        - {kind: postgresql}"),
)
add("21 a key without a colon", refused(at(HIS1, "      rpo"), "colon", most=2), his("rpo: 26h", "rpo 26h"))
add("a colon without a space", refused(at(HIS1, "rpo:26h"), "space", most=2), his("rpo: 26h", "rpo:26h"))
add(
    "57 a calendar without quotes",
    refused(at(HIS1, "schedule:"), "quotes", most=1),
    his('"*-*-* 01:30:00"', "*-*-* 01:30"),
)
add("a calendar *:30 without quotes", refused(at(HIS1, "schedule:"), "quotes", most=1), his('"*-*-* 01:30:00"', "*:30"))
add(
    "58 a comma in braces without quotes",
    refused(at(HIS1, "calendar: day 10"), "quotes"),
    his('"day 10, day 20, last day"', "day 10, day 20, last day"),
)
add("a time that becomes a number", refused(at(HIS1, "schedule:"), 'write "'), his('"*-*-* 01:30:00"', "20:30"))
add(
    "a time in the sixties that becomes a number",
    refused(at(HIS1, "calendar: 20:30"), 'write "'),
    his("calendar: Sun 04:00", "calendar: 20:30"),
)
add(
    "no that becomes false",
    refused(at(HIS1, "summary:"), 'write "'),
    his("summary: Hospital information system", "summary: no"),
)
add("a database named on", refused(at(HIS1, "database: {"), 'write "'), his("database: his}", "database: on}"))
add("a telephone number without quotes", refused(at(ALL, "it_head:"), 'write "'), site('"+420 555 0100"', "4205550100"))
add(
    "a telephone number that begins with 0",
    refused(at(ALL, "it_head:"), '"0555010"'),
    site('"+420 555 0100"', "0555010"),
)
add(
    "a day for a name",
    ACCEPTED,
    site("name: Example hospital", "name: 2026-01-01"),
)
add("a fractional version", refused(at(ALL, "version:"), ""), site("version: 1", "version: 1.0"))
add("null for a name", refused(at(ALL, "name: null"), ""), site("name: Example hospital", "name: null"))
add("a tilde for a summary", refused(at(HIS1, "summary: ~"), ""), his("Hospital information system", "~"))
add("a full-width colon", refused(at(HIS1, "rpo"), "colon", most=2), his("rpo: 26h", "rpo\uff1a 26h"))
add("a no-break space before a key", refused(at(HIS1, "rpo"), "space", most=2), his("      rpo", "     \u00a0rpo"))
add("a no-break space behind a colon", refused(at(HIS1, "26h"), "space", most=2), his("rpo: 26h", "rpo:\u00a026h"))
add("a no-break space in a value", refused(at(HIS1, "rto:"), "space"), his("rto: 4h", "rto: 4\u00a0h"))
add("a space of no width in a key", refused(at(HIS1, "po: 26h"), ""), his("rpo: 26h", "r\u200bpo: 26h"))
add("curly quotes", refused(at(HIS1, "schedule:"), "quotes"), his('"*-*-* 01:30:00"', "\u201c*-*-* 01:30:00\u201d"))
add(
    "a dash that is no hyphen",
    refused(at(HIS1, "schedule:"), ""),
    his('"*-*-* 01:30:00"', '"*\u2013*\u2013* 01:30:00"'),
)
add("a quote that is not closed", refused(at(HIS1, "schedule:"), "quote", most=1), his('01:30:00"', "01:30:00"))
add("a brace that is not closed", refused(at(HIS1, "retention:"), "}", most=1), his("yearly: 30y}", "yearly: 30y"))
add(
    "a bracket that is not closed",
    refused(at(DOCS1, "files:"), "]", most=1),
    swap(DOCS1, "[/srv/documents]", "[/srv/documents"),
)
add("a percent sign at the beginning", refused(at(ALL, "timezone: %"), "quotes", most=1), site("Europe/Prague", "%Z"))
add("an at sign at the beginning", refused(at(HIS1, "owner: @"), "quotes", most=1), his("owner: dba", "owner: @dba"))
add("a backtick", refused(at(HIS1, "owner: `"), "quotes", most=1), his("owner: dba", "owner: `dba`"))
add(
    "a colon in a text",
    refused(at(HIS1, "summary:"), "quotes", most=1),
    his("Hospital information system", "HIS: the hospital's main system"),
)
add(
    "98 a number sign in a text",
    noted(at(HIS1, "summary:"), "#"),
    his("Hospital information system", "HIS #1 of the hospital"),
)
add("brackets for a text", refused(at(HIS1, "summary:"), ""), his("Hospital information system", "[HIS]"))
add("braces of Jinja without quotes", refused(at(HIS1, "summary:"), ""), his("Hospital information system", "{{ x }}"))
add("92 Jinja", refused(at(HIS1, "summary:"), "Jinja", "plain data"), his("Hospital information system", '"{{ x }}"'))
add(
    "92 a vault value",
    refused(at(HIS1, "summary:"), "plain data"),
    his("Hospital information system", "!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        6162\n"),
)
add("an unknown tag", refused(at(HIS1, "summary:"), "!"), his("Hospital information system", "!secret his"))
add("two documents in one file", refused(at(HIS1), "second document", most=1), append(HIS1, "---\npolicy__host: {}\n"))
add("a list at the top", refused(at(HIS1, 1), "names with values"), write(HIS1, "- policy__host\n"))
add("a text at the top", refused(at(HIS1, 1), ""), write(HIS1, "policy\n"))
add(
    "a merge mark of git",
    refused(at(HIS1, "<<<<<<<"), "merge", most=2),
    his("      rpo: 26h", "<<<<<<< HEAD\n      rpo: 26h\n=======\n      rpo: 8h\n>>>>>>> other"),
)
add(
    "an unknown alias",
    refused(at(HIS1, "retention: *usual"), "usual", most=1),
    his("retention: {all: 14d, daily: 60d, monthly: 2y, yearly: 30y}", "retention: *usual"),
)
add("an anchor and its alias", ACCEPTED, his("rpo: 26h", "rpo: &span 26h"), his("rto: 4h", "rto: *span"))
add("94 line ends of Windows", ACCEPTED, everywhere(HIS1, "\n", "\r\n"))
add("94 a byte order mark", ACCEPTED, swap(HIS1, "---", "\ufeff---"))
add(
    "94 merge keys",
    ACCEPTED,
    his(
        '      copies:\n        offsite: {to: offsite, calendar: "day 10, day 20, last day"}',
        "      copies:\n        offsite: {<<: {to: offsite}, calendar: last day}",
    ),
)
add("no line end at the end", ACCEPTED, his("[postgresql@15-main.service]}}\n", "[postgresql@15-main.service]}}"))
add("95 UTF-16", refused(at(HIS1, 1), "UTF-8", most=1), recode(HIS1, "utf-16"))
add("95 UTF-16 without a mark", refused(at(HIS1, 1), "UTF-8", most=1), recode(HIS1, "utf-16-le"))
add(
    "95 a NUL",
    refused(at(HIS1, "summary"), "zero bytes", most=1),
    his("Hospital information", "Hospital\x00information"),
)
add(
    "a bell in a text",
    refused(at(HIS1, "summary"), "character", most=1),
    his("Hospital information", "Hospital\x07information"),
)
add(
    "96 Windows-1250 umlauts",
    refused(at(HIS1, "summary"), "UTF-8", most=1),
    his("Hospital information system", "Krankenhaus für Röntgen"),
    recode(HIS1, "cp1250"),
)
add(
    "96 Latin-1 in a contact",
    refused(at(ALL, "it_head:"), "UTF-8", most=1),
    site("Head of IT", "Müller"),
    recode(ALL, "latin-1"),
)
add("umlauts in UTF-8", ACCEPTED, his("Hospital information system", "Krankenhaus für Röntgen — 醫院"))
add("93 a version to come", refused(at(ALL, "version:"), "version 2"), site("version: 1", "version: 2"))
add("93 a version as a text", refused(at(ALL, "version:"), "'1'"), site("version: 1", 'version: "1"'))
add("JSON in a file of YAML", ACCEPTED, write(SERVERS, '{"policy__servers": {"checks": {}}}\n'))
add("a key of a number", refused(at(HIS1, "    1:"), "1"), his("    his:", "    1:"))
add("a key that is a list", refused(at(HIS1), "", most=2), his("    his:", "    [his]:"))
add(
    "hosts.yml with a tab", refused(at(HOSTS, "192.0.2.11"), "tab", most=1), swap(HOSTS, "        his1: {", "\this1: {")
)
