"""What a text that is no calendar probably meant, and how that is written."""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Iterator
from difflib import get_close_matches

from ops.core.calendar import cron, words
from ops.core.calendar.fields import Refused, demand_day
from ops.core.kinds import nearest

_MONTHS = {name.lower(): number for names in (month_abbr, month_name) for number, name in enumerate(names) if name}
_EXAMPLES = [
    "last day",
    "quarter ends",
    "every 2 months",
    "every month",
    "every year",
    "yearly 06-30",
    "between day 11 and day 20",
]
_TH = r"(?:st|nd|rd|th|\.)?"
_FIRST = rf"(?:days? |the )?(?P<first>\d+){_TH}"
_LAST = rf"(?:day |the )?(?P<last>\d+){_TH}"
_LONGEST = 80  # letters; longer texts are looked at by nobody
_EACH = r"(?:the |each |every )?"
_AT = r"(?:,? (?:at )?(?P<time>\d{1,2}:\d{2}))?"
_SHORT = r"(?:mon|tue|wed|thu|fri|sat|sun)"
_WEEKDAY = rf"(?P<weekday>{_SHORT})[a-z]*"
# What people write, and how it is written here; `@` is the time of day that was said.
_INSTEAD = (
    (rf"(?:on |every )?(?:week ?days?|work(?:ing)? ?days?){_AT}", "Mon..Fri @"),
    (rf"(?:on |every )?weekends?{_AT}", "Sat,Sun @"),
    (rf"(?:(?:every|each) (?:day|night)|nightly|daily|once a day|every 24 ?h(?:ours)?|24h|1d){_AT}", "daily @"),
    (rf"(?:at )?midnight{_AT}", "daily @"),
    (r"at (?P<time>\d{1,2}:\d{2})", "daily @"),
    (r"twice (?:a day|daily)|(?:two|2) times (?:a day|daily)", "*-*-* 08,20:00"),
    (rf"(?:every (?:other|second)|every 2|every two) days?{_AT}", "*-*-01/2 @"),
    (rf"(?:every|each|once a) week{_AT}", "Sun @"),
    (rf"weekly{_AT}", "Mon @"),
    (rf"twice a week{_AT}", "Mon,Thu @"),
    (rf"(?:monthly|once a month){_AT}", "day 1 @"),
    (rf"quarterly{_AT}", "every 3 months @"),
    (rf"(?:yearly|annually|once a year){_AT}", "yearly 01-01 @"),
    (rf"(?:every (?:2|two) weeks|every (?:other|second) week|fortnightly|biweekly){_AT}", "day 1, day 15 @"),
    (r"(?:every|each) hour", "hourly"),
    (rf"every (?:2|two) years{_AT}", "2026/2-06-30 @"),
    (
        rf"(?:at )?(?:the )?(?:(?:end|last day) of {_EACH}month|months? ends?|ultimo){_AT}",
        "last day @",
    ),
    (rf"(?:monthly|(?:every|each) month),? (?:on )?(?:the )?last day{_AT}", "last day @"),
    (
        rf"(?:at )?(?:the )?(?:(?:ends?|last day) of {_EACH}quarters?|quarter end){_AT}",
        "quarter ends @",
    ),
    (rf"(?:the )?first(?: day)?(?: of {_EACH}month)?{_AT}", "day 1 @"),
    (rf"(?:the |every )?first {_WEEKDAY}(?: of {_EACH}month)?{_AT}", "{weekday} *-*-01..07 @"),
    (rf"(?:the |every )?last {_WEEKDAY}(?: of {_EACH}month)?{_AT}", "{weekday} *-*~07/1 @"),
    (rf"(?:weekly,? )?(?:on |every |each ){_WEEKDAY}{_AT}", "{weekday} @"),
    (rf"weekly,? {_WEEKDAY}{_AT}", "{weekday} @"),
    (rf"{_SHORT}[a-z]*days{_AT}", "{weekday} @"),
    (
        rf"(?:from |weekly |every )*{_WEEKDAY} ?(?:to|until|through|-) ?(?P<until>{_SHORT})[a-z]*{_AT}",
        "{weekday}..{until} @",
    ),
    (
        rf"(?:monthly |(?:every|each) month )?(?:on )?(?:the |day )*(?P<first>\d+){_TH}(?: of {_EACH}month)?{_AT}",
        "day {first} @",
    ),
    (rf"between {_FIRST} and {_LAST}{_AT}", "between day {first} and day {last} @"),
    (rf"(?:from )?{_FIRST} ?(?:to|until|-|\.\.) ?{_LAST}{_AT}", "between day {first} and day {last} @"),
)
_SEVERAL = re.compile(rf"(?:weekly|on|every|each|,| )*((?:{_SHORT}[a-z]*(?:,? and |, ?| ?& ?)?){{2,}}){_AT}")
_SPELLED = (
    *("daily", "nightly", "weekly", "monthly", "quarterly", "yearly", "annually", "hourly", "midnight"),
    *("every", "first", "between", "month", "months", "quarter", "weekdays", "weekends"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)
_ALIKE = 0.75  # of difflib's
_SLIP = 4  # letters; in shorter words one slip leaves too little


def number(said: int) -> str:
    """Return what a number was, before YAML made one of it; empty when it was no time of day."""
    hours, minutes = divmod(said, 60)
    if 0 < said < 24 * 60:
        time = f"{hours:02d}:{minutes:02d}"
    elif 0 < said < 24 * 3600:
        time = f"{said // 3600:02d}:{said // 60 % 60:02d}:{said % 60:02d}"
    else:
        return ""
    return f"if {time} was meant, put it into quotation marks, because YAML takes it for a number: '{time}'"


def text(said: str) -> str:
    """Return what to write instead of a text that is no calendar; empty when only examples help."""
    plain = " ".join(said.lower().split())
    if len(plain) > _LONGEST:
        return ""
    if expression := cron.converted(plain):
        return f"this is an expression of cron's; {_judged(f'systemd writes {expression!r}', expression)}"
    spelled = re.sub(r"[a-z]+", _spelled, plain)
    texts = dict.fromkeys((plain, spelled, *_clock(plain), *_clock(spelled)))
    meant = next((each for one in texts for each in _candidates(one) if _readable(each)), "")
    return f"write it as {meant!r}" if meant else _named_day(plain) or nearest(plain, _EXAMPLES).removeprefix(", ")


def _judged(said: str, expression: str) -> str:
    try:
        words.read(expression)
    except ValueError as error:
        return f"{said}, but {error}"
    return said


def _readable(candidate: str) -> bool:
    try:
        words.read(candidate)
    except ValueError:
        return False
    return True


def _candidates(plain: str) -> Iterator[str]:
    """Yield what a text may have meant, as it would be written."""
    yield plain  # once it is spelled rightly, or has its time as times are written here
    for pattern, instead in _INSTEAD:
        if match := re.fullmatch(pattern, plain):
            groups = {name: value for name, value in match.groupdict().items() if value}
            time = groups.get("time", "")
            named = {"weekday": groups.get("weekday", plain).title(), "until": groups.get("until", "").title()}
            meant = instead.format(**groups | {name: day[:3] for name, day in named.items()}).replace("@", time).strip()
            yield meant.replace("daily ", "*-*-* ")
    if match := re.fullmatch(r"every (\d+) ?(h|hours|min|minutes)", plain):
        count, whole = int(match[1]), 24 if match[2].startswith("h") else 60
        if count and whole % count == 0:
            yield f"0/{count}:00" if whole == 24 else f"*:0/{count}"  # noqa: PLR2004 -- hours
    if match := re.fullmatch(rf"days? ((?:\d+{_TH}[, ]*(?:and )?)+)", plain):
        yield ", ".join(f"day {day}" for day in re.findall(r"\d+", match[1]))
    if match := _SEVERAL.fullmatch(plain):
        days = ",".join(day.title() for day in re.findall(rf"({_SHORT})[a-z]*", match[1]))
        yield f"{days} {match['time'] or ''}".strip()
    yield re.sub(r",? and ", ", ", plain)
    yield re.sub(r"[-_]+", " ", plain)


def _spelled(word: re.Match[str]) -> str:
    """Return the word that another one is but for a slip."""
    near = get_close_matches(word[0], _SPELLED, n=1, cutoff=_ALIKE) if len(word[0]) >= _SLIP else []
    return near[0] if near else word[0]


def _clock(plain: str) -> Iterator[str]:
    """A time of day as people say it, at the end: `at 23:00`, `10pm`, `22h`, `22.00`, `at 1`; `monthly 10` is none."""
    match = re.fullmatch(r"(.+?),?( at)? (\d{1,2})(?:[:.h](\d{2}))? ?(am|pm|h|hrs|uhr|o'clock)?", plain)
    if match is None or not (match[2] or match[4] or match[5]):
        return
    hour = int(match[3]) % 12 + 12 * (match[5] == "pm") if match[5] in ("am", "pm") else int(match[3])
    yield f"{match[1]} {hour:02d}:{match[4] or '00'}"


def _named_day(plain: str) -> str:
    """A day of a month by its name or with dots, such as 30 Feb, June 30 or 31.12., and what is wrong with it."""
    match = re.fullmatch(rf"(?:every )?(?:([a-z]+) (\d+){_TH}|(\d+){_TH} ([a-z]+)|(\d+)\.(\d+)\.?)(?: .*)?", plain)
    if match is None:
        return ""
    month = _MONTHS.get(match[1] or match[4] or "", int(match[6] or 0))
    day = int(match[2] or match[3] or match[5])
    if not month:
        return ""
    try:
        demand_day(f"*-{month:02d}-{day:02d}")
    except Refused as error:
        return str(error)
    return f"write a day of each year as 'yearly {month:02d}-{day:02d}'"
