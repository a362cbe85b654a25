"""A time of day that a person names is the last one that the site's clock showed, also when the clock was changed."""

from datetime import UTC, datetime

import pytest

from ops.core.errors import UsageError
from ops.fleet.incidents import names

ZONE = "America/New_York"  # 2026-11-01 06:00 UTC: from 02:00 back to 01:00; 2026-03-08 07:00 UTC: from 02:00 to 03:00


@pytest.mark.parametrize(
    ("now", "text", "found"),
    [
        ("2026-11-01T05:40", "01:30", "2026-11-01T05:30"),
        ("2026-11-01T06:10", "01:30", "2026-11-01T05:30"),  # 01:10 for the second time
        ("2026-11-01T06:50", "01:30", "2026-11-01T06:30"),
        ("2026-11-01T07:30", "01:30", "2026-11-01T06:30"),
        ("2026-11-01T07:30", "23:00", "2026-11-01T03:00"),
        ("2026-03-08T07:10", "02:30", "2026-03-07T07:30"),  # no clock showed it on that day
        ("2026-03-09T05:10", "02:30", "2026-03-07T07:30"),
        ("2026-03-08T07:10", "01:50", "2026-03-08T06:50"),
        ("2026-06-01T16:00", "12:03", "2026-06-01T16:00"),  # within what two clocks may differ: now
        ("2026-06-01T16:00", "12:30", "2026-05-31T16:30"),
    ],
)
def test_it_is_the_last_time_that_clocks_showed_it(now: str, text: str, found: str) -> None:
    moment = names.moment(text, ZONE, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert moment == datetime.fromisoformat(found).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["24:00", "14h05", "1:5:3", "\u0660\u0661:\u0660\u0665"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        names.moment(text, ZONE, datetime(2026, 6, 1, tzinfo=UTC))
