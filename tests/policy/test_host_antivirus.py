"""ClamAV as the policy's hardening wants it: new signatures from the right place, scans, and nothing found."""

import pytest

DAY = 86_400
NEW, LATE = 4 * DAY, 35 * DAY


def test_signatures_come_from_where_the_policy_says(scanned, antivirus):
    wanted = [(scanned.wanted.mirror or "database.clamav.net").rstrip("/")]
    assert antivirus["sources"] == wanted, f"freshclam asks {', '.join(antivirus['sources']) or 'nobody'}"
    states = antivirus["fetches"]
    assert (states["ActiveState"], states["UnitFileState"]) == ("active", "enabled"), "clamav-freshclam does not run"


def test_signatures_are_new(scanned, antivirus):
    assert antivirus["made"], "/var/lib/clamav has no signatures of the day"
    days = int((antivirus["now"] - antivirus["made"]) // DAY)
    assert antivirus["now"] - antivirus["made"] <= NEW, f"the signatures are {days} days old"


def test_scans_are_due_and_look_at_all_folders(scanned, antivirus):
    states = antivirus["timer"]
    assert (states["ActiveState"], states["UnitFileState"]) == ("active", "enabled"), "no timer scans"
    missing = {*map(str, scanned.wanted.folders)} - {*antivirus["scanned"]}
    assert not missing, f"nobody scans {', '.join(sorted(missing))}"


def test_the_last_scan_found_nothing(scanned, antivirus):
    last = antivirus["last"]
    if not last:
        pytest.fail("could not look: no scan has ended yet; systemctl start seawall-antivirus", pytrace=False)
    assert last.get("Infected files") == "0", f"infected files: {last.get('Infected files', 'nobody knows')}"
    assert last.get("Exit status") == "0", "the last scan could not look at everything"
    assert int(last.get("Known viruses", 0)) > 0, "the last scan knew no virus"
    days = int((antivirus["now"] - antivirus["aged"]) // DAY)
    assert antivirus["now"] - antivirus["aged"] <= LATE, f"the last scan ended {days} days ago"
