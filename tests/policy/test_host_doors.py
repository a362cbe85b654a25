"""The doors of backup hosts, tried for real from the machines that have accounts there.

Nobody can delete or write over what is there, nobody sees another's repository, nothing goes without TLS.
"""

from datetime import UTC, datetime, timedelta

OK = 200
SHUT = {401, 403, 405}
NOT_THERE = 404  # for a reader: its door names the repositories that it may read, there are no others
NO_HTTP = {0, 400}  # no answer, or one that asks for TLS
RENEWED = timedelta(days=30)


def test_account_leads_to_its_own_repository(door, tried):
    address, path = tried["met"]["address"], f"/{door.client}/"
    meant = {"scheme": "https", "host": door.keeper, "port": door.port, "path": path, "user": door.host}
    assert address == meant, f"{door.credential}.url leads elsewhere: {address}"
    assert tried["listing"] == OK, f"the list of snapshots can't be read: HTTP {tried['listing']}"


def test_snapshot_cannot_be_deleted(door, tried):
    demand_refused(tried["deleted_snapshot"], "deleting a snapshot")


def test_pack_cannot_be_deleted(door, tried):
    demand_refused(tried["deleted_pack"], "deleting a pack")


def test_repository_cannot_be_deleted(door, tried):
    demand_refused(tried["deleted_repository"], "deleting the repository")


def test_snapshot_cannot_be_overwritten(door, overwritten):
    demand_refused(overwritten, "writing over a snapshot")


def test_config_cannot_be_overwritten(door, tried):
    demand_refused(tried["overwritten_config"], "writing over the repository's config")


def test_snapshots_are_all_there_after_the_trials(door, tried):
    assert tried["snapshots_after"] >= tried["snapshots"], (
        f"{tried['snapshots'] - tried['snapshots_after']} snapshots are gone"
    )


def test_other_repositories_cannot_be_seen(door, tried):
    shut = SHUT | ({NOT_THERE} if door.reader else set())
    seen = [f"{path} (HTTP {status})" for path, status in tried["foreign"].items() if status not in shut]
    assert not seen, f"{door.host} can see {', '.join(seen)} on {door.keeper}"


def test_nobody_enters_without_an_account(door, tried):
    assert tried["nobody"] in SHUT, f"{door.keeper} answers HTTP {tried['nobody']} to somebody without an account"


def test_reader_cannot_reach_the_writers_door(reader, tried):
    status = tried["other_ports"][str(reader.other_port)]
    assert status in {0, 401, 403}, f"{reader.host} gets HTTP {status} at the writers' port with its account"


def test_certificate_is_of_the_site_s_authority(door, met):
    trouble = met["certificate"]["trouble"]
    assert not trouble, f"the certificate of {door.keeper}:{door.port} is not good: {trouble}"
    ends = datetime.fromtimestamp(met["certificate"]["ends"], UTC)
    assert ends - datetime.now(UTC) > RENEWED, f"the certificate of {door.keeper} ends on {ends:%F}"


def test_nothing_goes_without_tls(door, met):
    assert met["plain"] in NO_HTTP, f"{door.keeper}:{door.port} answers without TLS: HTTP {met['plain']}"


def demand_refused(trial, what):
    assert trial["refused"], f"{what} is not refused: HTTP {trial['status']} ({trial['tried']})"
