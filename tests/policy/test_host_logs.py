"""Logs as the policy's hardening wants them: on the disk, for as long as it says, within its limits."""

import re

DAY, MEGABYTE = 86_400, 1 << 20
UNITS = {"day": 1, "d": 1, "w": 7, "week": 7, "month": 30, "year": 365}


def test_the_journal_is_kept_on_the_disk(recorded, logs):
    words = logs["journal"]
    assert words.get("Storage") == "persistent", f"Storage is {words.get('Storage', 'not said')}"
    assert logs["on_disk"], "/var/log/journal has no journal of this machine"
    found = re.fullmatch(r"(\d+) ?([a-z]+)", words.get("MaxRetentionSec", ""))
    days = int(found[1]) * UNITS.get(found[2].removesuffix("s"), 0) if found else 0
    assert days * DAY >= recorded.wanted.kept.seconds, f"the journal is kept for {days} days"


def test_the_journal_leaves_room_on_the_disk(recorded, logs):
    for word, wanted in (("SystemMaxUse", recorded.wanted.most), ("SystemKeepFree", recorded.wanted.free)):
        found = logs["journal"].get(word, "")
        assert found == f"{wanted.bytes // MEGABYTE}M", f"{word} is {found or 'not said'}"


def test_text_logs_are_kept_as_long(recorded, logs):
    short = {name: min(days) for name, days in logs["texts"].items() if days}
    short = {name: days for name, days in short.items() if days * DAY < recorded.wanted.kept.seconds}
    assert not short, "kept too short: " + ", ".join(f"{name} ({days} days)" for name, days in sorted(short.items()))
