"""What is shown to people: the site's name and its time, what an asset is, why something is excused.

And values that no arithmetic can do anything with. Numbers: the first list's.
"""

from mistakes.mistake import ACCEPTED, ALL, DOCS1, HIS1, Table, append, at, his, refused, site, swap

TABLE = Table()
add = TABLE.add

add("60 Europe/Prag", refused(at(ALL, "timezone:"), "Europe/Prague"), site("Europe/Prague", "Europe/Prag"))
for zone in ("CEST", "prague", "+02:00", "europe/prague", "Europe / Prague", ""):
    add(f"60 the time zone {zone or 'nothing'}", refused(at(ALL, "timezone:"), "zone"), site("Europe/Prague", zone))
for zone in ("UTC", "Etc/GMT+3", "America/Sao_Paulo", "Asia/Kolkata"):
    add(f"the time zone {zone}", ACCEPTED, site("Europe/Prague", zone))
for zone, near in (
    ("localtime", "every Debian release"),
    ("posixrules", "every Debian release"),
    ("posix/Europe/Prague", "every Debian release"),
    ("right/Europe/Prague", "every Debian release"),
    ("CET", "every Debian release"),
    ("Zulu", "every Debian release"),
    ("Factory", "zone"),
    ("US/Eastern", "'America/New_York'"),
    ("Asia/Calcutta", "'Asia/Kolkata'"),
    ("../../etc/passwd", "zone"),
    ("UTC ", "zone"),
    ("Europe/Prague\\n", "zone"),
):
    add(f"the time zone {zone}", refused(at(ALL, "timezone:"), near), site("Europe/Prague", f'"{zone}"'))
add("105 a site without a name", refused(at(ALL, "    name:"), "name"), site("Example hospital", '""'))
add("a site named by spaces", refused(at(ALL, "    name:"), "name"), site("Example hospital", '"  "'))
add("105 a site named <script>", ACCEPTED, site("Example hospital", '"<script>alert(1)</script>"'))
add(
    "a summary of two lines",
    refused(at(HIS1, "summary:"), "several lines"),
    his("Hospital information system", '"a\\nNice=bad\\n"'),
)
add(
    "a summary as a block",
    refused(at(HIS1, "summary:"), "several lines"),
    his("Hospital information system", "|\n        Hospital information\n        system"),
)
add(
    "a summary as a folded block",
    ACCEPTED,
    his("Hospital information system", ">\n        Hospital information\n        system"),
)
add(
    "a summary without an end",
    refused(at(HIS1, "summary:"), "characters", "300"),
    his("Hospital information system", "x" * 301),
)
add(
    "an exception with a reason of two lines",
    refused(at(HIS1, "reason:"), "several lines"),
    append(HIS1, '  exceptions:\n    x: {what: postgresql:5432/x, until: 2026-12-31, reason: "a\\nb"}\n'),
)
add("a summary with a percent sign", ACCEPTED, his("Hospital information system", "100% of patients, %n %i $HOME"))

for pattern in ("[", "cache[", "[]", "[^]", "[a-]", "a\\\\", "[a/b]"):
    add(
        f"a pattern {pattern} that restic refuses",
        refused(at(DOCS1, "exclude:"), "can't be used"),
        swap(DOCS1, '"*.tmp"', f'"{pattern}"'),
    )
for pattern in ("[z-a]", "[[:alpha:]]", "[0-9]*.tmp", "~/x", "$HOME", "--", "a]"):
    add(f"a pattern {pattern}", ACCEPTED, swap(DOCS1, '"*.tmp"', f'"{pattern}"'))
LIMIT = "at_least: 1000"
for limit in (".nan", ".inf", "-.inf", "1.0e+400"):
    for word in ("at_least", "at_most", "equals"):
        add(
            f"an expectation of {word} {limit}",
            refused(at(HIS1, "patients:"), "number"),
            his(LIMIT, f"{word}: {limit}"),
        )
add("an expectation that can't fail", refused(at(HIS1, "patients:"), "can't fail"), his(LIMIT, "at_least: 0"))
add("an expectation of a fraction", ACCEPTED, his(LIMIT, "at_least: 0.5"))
for span in ("99999999999999y", "9999999999y", "8999y"):
    for key in ("rpo: 26h", "random_delay: 15min", "rto: 4h", "every: 31d"):
        word = key.partition(" ")[0]
        add(f"{word} {span}", refused(at(HIS1, f"{word} {span}"), ""), his(key, f"{word} {span}"))
KEPT = "{all: 14d, daily: 60d, monthly: 2y, yearly: 30y}"
for span in ("0s", "0d", "99999999999999y"):
    add(f"retention of {span}", refused(at(HIS1, "retention:"), ""), his(KEPT, f"{{all: {span}}}"))
    for rule in ("daily", "monthly", "yearly"):
        rules = f"{{all: 14d, {rule}: {span}}}"
        add(f"retention of {span} {rule}", refused(at(HIS1, "retention:"), ""), his(KEPT, rules))
add(
    "an off-site repository on the host of the primary one",
    refused(at(ALL, "offsite:"), "backup1"),
    swap(ALL, "place: offsite, host: offsite1", "place: offsite, host: backup1"),
)
