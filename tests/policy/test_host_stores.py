"""The stores of somebody else, tried for real from the machines that have accounts there.

Nobody can delete a version, end a lock early or stop the keeping of versions; what is written over is still there.
"""

from datetime import UTC, datetime, timedelta

REFUSED = {400, 401, 403, 405, 409, 501}
SLACK = timedelta(hours=1)


def test_what_is_written_has_a_version(store, attempts):
    assert attempts["written"] == 200, f"{store.host} can't write to {store.name}: HTTP {attempts['written']}"
    assert attempts["version"], f"{store.name} keeps no versions: what is written over is gone"


def test_a_version_cannot_be_deleted(locked, attempts):
    demand_refused(attempts["deleted"], f"deleting a version in {locked.name}")
    demand_refused(attempts["deleted_past_lock"], f"deleting a version in {locked.name}, past its lock,")


def test_a_lock_cannot_be_shortened(locked, attempts):
    demand_refused(attempts["shortened"], f"shortening a lock in {locked.name}")
    demand_refused(attempts["shortened_past_lock"], f"shortening a lock in {locked.name}, past it,")
    assert attempts["ends"] == attempts["before"], f"a lock in {locked.name} ends at another time than before"


def test_versions_cannot_be_suspended(store, attempts):
    demand_refused(attempts["suspended"], f"suspending the versions of {store.name}")


def test_what_was_written_over_is_still_there(store, attempts):
    assert attempts["kept"], f"the first version of a file in {store.name} is gone after it was written over"


def test_a_lock_holds_as_long_as_the_policy_says(locked, attempts):
    assert attempts["ends"], f"{locked.name} tells no lock of what was just stored; its owner sets one for all of it"
    holds = datetime.fromisoformat(attempts["ends"]) - datetime.now(UTC)
    assert holds > timedelta(days=locked.days) - SLACK, f"what is stored in {locked.name} is locked for {holds} only"


def demand_refused(status, what):
    assert status in REFUSED, f"{what} is not refused: HTTP {status}"
