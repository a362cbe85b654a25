"""Calendars: words and expressions that come at another time than was meant, or never. Numbers: the first list's."""

from mistakes.mistake import ACCEPTED, ALL, DOCS1, HIS1, Table, append, at, his, noted, refused, site, swap

TABLE = Table()
add = TABLE.add
COPY = '"day 10, day 20, last day"'
NIGHTLY = '"*-*-* 01:30:00"'
DUTY = """\
  duties:
    ups:
      what: Let each UPS run on its battery
      who: dba
      {}
"""
COPIES = at(HIS1, "calendar:")
SCHEDULE = at(HIS1, "schedule:")
# Calendars that mean what they say.
WORDS = (
    "every 2 months",
    "every month",
    "every year",
    "every 3 months",
    "every 6 months",
    "between day 11 and day 20",
    "last day 23:00",
    "day 10 22:00",
    "day 10 22:00, last day 23:00",
    "quarter ends",
    "yearly 06-30",
    "last day",
    "day 1",
    "day 28",
    "Sun 03:00",
    "Mon..Fri 22:00",
    "*-*-10,20 22:00",
    "weekly",
    "monthly",
    "day 5; Sun 12:00",
    "day 10, day 20, last day",
)

for text in (
    "Feb 30",
    "*-02-30",
    "day 32",
    "day 0",
    "25:00",
    "0 3 * * *",
    "täglich",
    "02-30",
    "*-13-01",
    "24:00",
    "day -1",
    "Sun Mon 25:61",
):
    add(f"46 a copy on {text}", refused(COPIES, text.split()[0]), his(COPY, f'"{text}"'))
    add(f"46 a backup on {text}", refused(SCHEDULE, text.split()[0]), his(NIGHTLY, f'"{text}"'))
for text, near in (
    ("dayly", "'daily'"),
    ("montly", "'monthly'"),
    ("wekly at 22:00", "'Mon 22:00'"),
    ("weekly on sunday", "'Sun'"),
    ("weekly on Sundays at 3am", "'Sun 03:00'"),
    ("every monday and thursday", "'Mon,Thu'"),
    ("Mon, Thu 22:00", "'Mon,Thu 22:00'"),
    ("Monday to Friday at 22:00", "'Mon..Fri 22:00'"),
    ("twice a day", "'*-*-* 08,20:00'"),
    ("monthly on the 10th", "'day 10'"),
    ("midnight", "'daily'"),
    ("24h", "'daily'"),
    ("whenever", "expected a calendar"),
    ("last  dya", "last day"),
    ("lastday", "last day"),
    ("mondays", "Mon"),
    ("day ten", "day 10"),
    ("every day", "daily"),
    ("every 2 weeks", "every"),
    ("nightly", "'daily'"),
    ("nightly at 1", "'*-*-* 01:00'"),
    ("first day", "day 1"),
    ("quarter end", "quarter ends"),
    ("10.", ""),
    ("10 20 last", ""),
    ("day 10; day 40", "day 40"),
):
    add(f"46 a copy on {text}", refused(COPIES, near), his(COPY, f'"{text}"'))
add("47 day 31", refused(COPIES, "day 31", "last day"), his(COPY, "day 31"))
add("day 30", refused(COPIES, "day 30", "last day"), his(COPY, "day 30"))
add("day 29", refused(COPIES, "day 29", "last day"), his(COPY, "day 29"))
for months in (5, 7, 8, 9, 10, 11, 13, 24, 0):
    add(f"49 every {months} months", refused(COPIES, f"every {months} months"), his(COPY, f"every {months} months"))
for text in WORDS:
    add(f"a copy on {text}", ACCEPTED, his(COPY, f'"{text}"'))
add("50 every 12 months", ACCEPTED, his(COPY, "every 12 months"))
add("54 a copy on one day only", refused(COPIES, "once"), his(COPY, '"2027-01-01"'))
add("a copy on a day that was", refused(COPIES, "2020-01-01"), his(COPY, '"2020-01-01"'))
add("55 a backup on a day that was", refused(SCHEDULE, "2020-01-01"), his(NIGHTLY, '"2020-01-01"'))
add("a backup on one day only", refused(SCHEDULE, "once"), his(NIGHTLY, '"2027-01-01"'))
add(
    "a drill on one day only",
    refused(at(HIS1, "calendar: 2027"), "once"),
    his("calendar: Sun 04:00", "calendar: 2027-03-07 04:00"),
)
add("yearly 02-30", refused(COPIES, "02-30"), his(COPY, "yearly 02-30"))
add("yearly 02-29", refused(COPIES, "leap years"), his(COPY, "yearly 02-29"))
add("yearly 30-06", refused(COPIES, "30-06"), his(COPY, "yearly 30-06"))
add("yearly 30.6.", refused(COPIES, "yearly"), his(COPY, "yearly 30.6."))
add("yearly without a day", ACCEPTED, his(COPY, "yearly"))
add("between two days the wrong way round", refused(COPIES, "between"), his(COPY, "between day 20 and day 11"))
add("between one day", ACCEPTED, his(COPY, "between day 11 and day 11"))
add("between day 11 and day 32", refused(COPIES, "day 32"), his(COPY, "between day 11 and day 32"))
add("between day 28 and day 31", refused(COPIES, "day 31", "last day"), his(COPY, "between day 28 and day 31"))
add("between with a time of day", refused(COPIES, "between"), his(COPY, "between day 11 and day 20 25:00"))
add("last day 25:00", refused(COPIES, "25:00"), his(COPY, '"last day 25:00"'))
add("day 10 at 22:00", refused(COPIES, "day 10 22:00"), his(COPY, '"day 10 at 22:00"'))
add("day 10 10pm", refused(COPIES, "22:00"), his(COPY, "day 10 10pm"))
add("a calendar of nothing", refused(COPIES, "calendar"), his(COPY, '""'))
add("a calendar that is a list", refused(COPIES, "calendar"), his(COPY, "[day 10, day 20]"))
add("no calendar", refused(at(HIS1, "offsite: {to"), "calendar"), his(f", calendar: {COPY}", ""))
add("59 an hour that one day does not have", refused(at(HIS1, "rpo:"), "summer time"), his(NIGHTLY, '"*-*-* 02:30:00"'))
add(
    "59 drills at an hour that one Sunday does not have",
    refused(at(HIS1, "every: 8d"), "summer time"),
    his("calendar: Sun 04:00", "calendar: Sun 02:00"),
    his("every: 31d", "every: 8d"),
)
add(
    "an hour that one day does not have, and time for it",
    ACCEPTED,
    his(NIGHTLY, '"*-*-* 02:30:00"'),
    his("rpo: 26h", "rpo: 50h"),
)
add(
    "02:30 where there is no summer time",
    ACCEPTED,
    his(NIGHTLY, '"*-*-* 02:30:00"'),
    swap(DOCS1, '"*-*-* 03:30:00"', '"*-*-* 02:30:00"'),
    site("Europe/Prague", "UTC"),
)
add("an rpo shorter than the schedule", refused(at(HIS1, "rpo: 12h"), "can't be met"), his("rpo: 26h", "rpo: 12h"))
add("an rpo as long as the schedule", refused(at(HIS1, "rpo: 24h"), "can't be met"), his("rpo: 26h", "rpo: 24h"))
add("a backup on working days", refused(at(HIS1, "rpo:"), "can't be met"), his(NIGHTLY, "Mon..Fri 01:30"))
add("a backup every hour", ACCEPTED, his(NIGHTLY, "hourly"), his("rpo: 26h", "rpo: 2h"))
add("a backup twice a day", ACCEPTED, his(NIGHTLY, '"*-*-* 01,13:30:00"'))
for often in (
    "minutely",
    '"*:*:*"',
    '"*-*-* *:*:*"',
    '"*-*-* *:*"',
    '"*-*-* 01:*"',
    '"*:0/4"',
    '"*-*-* 01:30:00,30"',
    '"*-*-* 01:30; *-*-* 01:31"',
):
    add(f"a backup on {often}", refused(SCHEDULE, "5min or more", "hourly", most=2), his(NIGHTLY, often))
add("a copy every second", refused(COPIES, "5min or more", most=2), his(COPY, '"*:*:*"'))
add(
    "a drill on every second",
    refused(at(HIS1, 'calendar: "*'), "5min or more", most=2),
    his("calendar: Sun 04:00", 'calendar: "*:*:*"'),
)
add("a backup every five minutes", ACCEPTED, his(NIGHTLY, '"*:0/5"'))
add(
    "a backup with a zone of its own",
    refused(SCHEDULE, "the site's time zone"),
    his(NIGHTLY, '"*-*-* 01:30:00 Europe/Berlin"'),
)
add(
    "a backup with a zone that is none",
    refused(SCHEDULE, "Europe/Berln"),
    his(NIGHTLY, '"*-*-* 01:30:00 Europe/Berln"'),
)
add("a backup on the last day only", refused(at(HIS1, "rpo:"), "can't be met"), his(NIGHTLY, "last day"))
add(
    "a drill rarer than promised",
    refused(at(HIS1, "every: 31d"), "can't be met"),
    his("calendar: Sun 04:00", "calendar: every 2 months"),
)
add(
    "a drill on the last day of a quarter",
    ACCEPTED,
    his("calendar: Sun 04:00", "calendar: quarter ends 04:00"),
    his("every: 31d", "every: 100d"),
)
add(
    "a drill in words without a time",
    ACCEPTED,
    his("calendar: Sun 04:00", "calendar: day 10"),
    his("every: 31d", "every: 32d"),
)
add("a copy before that day's backup", ACCEPTED, his(COPY, '"last day 01:00"'))
add("a name of a month in another language", refused(COPIES, "Mai"), his(COPY, '"1. Mai"'))
add("a calendar of five hundred characters", refused(COPIES, ""), his(COPY, '"' + "day 10, " * 70 + '"'))
add(
    "fifty calendars",
    refused(COPIES, ""),
    his(COPY, '"' + "; ".join(f"*-01-{day % 28 + 1:02d} 00:{day:02d}" for day in range(50)) + '; x"'),
)
add("a comma at the end", refused(COPIES, ""), his(COPY, '"day 10, day 20,"'))
add("a day twice", ACCEPTED, his(COPY, '"day 10, day 10"'))
for every, calendar in (
    ("quarter ends", "quarter ends"),
    ("last day", "last day"),
    ("3 months", "every 3 months"),
    ("every 3 months", "every 3 months"),
    ("monthly", "monthly"),
    ("quarter", "every quarter"),
):
    add(
        f"a duty every {every}",
        refused(at(HIS1, f"every: {every}"), "duration", f"`calendar: {calendar}`"),
        append(HIS1, DUTY.format(f"every: {every}")),
    )
for every in ("often", "92 days", "quarter ands"):
    add(
        f"a duty every {every}",
        refused(at(HIS1, f"every: {every}"), "such as"),
        append(HIS1, DUTY.format(f"every: {every}")),
    )
add(
    "a duty by calendar 92d",
    refused(at(HIS1, "calendar: 92d"), "`every: 92d`"),
    append(HIS1, DUTY.format("calendar: 92d")),
)
add("a copy by calendar 92d", refused(COPIES, "expected a calendar"), his(COPY, "92d"))
add(
    "a drill every quarter ends",
    refused(at(HIS1, "every: quarter ends"), "`calendar: quarter ends`"),
    his("every: 31d", "every: quarter ends"),
)
add("a duty every 92d", ACCEPTED, append(HIS1, DUTY.format("every: 92d")))
add("a duty on quarter ends", ACCEPTED, append(HIS1, DUTY.format("calendar: quarter ends")))
add(
    "a duty that has ended",
    noted(at(HIS1, "until: 2020"), "ended on 2020-01-01"),
    append(HIS1, DUTY.format("every: 92d\n      until: 2020-01-01")),
)
add("a duty that will end", ACCEPTED, append(HIS1, DUTY.format("every: 92d\n      until: 2030-01-01")))
for text in ("2027-06-31", "2027-02-29", "2027-13-01"):
    duty = append(ALL, DUTY.format(f"first: {text}"))
    add(f"a duty first due on {text}", refused(at(ALL, "first:"), text, most=1), duty)
    exception = append(HIS1, f"  exceptions:\n    x: {{what: postgresql:5432/x, reason: none, until: {text}}}\n")
    add(f"an exception until {text}", refused(at(HIS1, "until:"), text, most=1), exception)
