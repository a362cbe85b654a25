"""Versions: new enough to be trusted, and the agent the same on every machine."""

from collections import Counter

OLDEST_RESTIC = [0, 18]
OLDEST_SERVER = [0, 13]


def test_restic_is_new_enough(restic_machine, facts):
    demand(facts["programs"]["restic"], OLDEST_RESTIC, "restic")


def test_rest_server_is_new_enough(keeper, facts):
    demand(facts["programs"]["rest-server"], OLDEST_SERVER, "rest-server")


def test_seawall_is_the_same_everywhere(machine, facts, everywhere):
    versions = {host: seen["packages"]["seawall"] for host, seen in everywhere.items()}
    usual = Counter(version for version in versions.values() if version).most_common(1)
    assert facts["packages"]["seawall"], "the package seawall is not installed"
    assert facts["packages"]["seawall"] == usual[0][0], (
        f"{machine.host} has seawall {facts['packages']['seawall']}, most machines have {usual[0][0]}"
    )


def test_seawall_s_files_are_as_they_were_installed(machine, facts):
    assert not facts["changed"], f"changed since they were installed: {'; '.join(facts['changed'])}"


def demand(found, oldest, name):
    assert found, f"{name} is not installed"
    assert found >= oldest, f"{name} is {dotted(found)}, older than {dotted(oldest)}"


def dotted(version):
    return ".".join(map(str, version))
