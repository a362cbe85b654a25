"""Updates as the policy's hardening wants them: known each day, installed or not, from its servers, written down."""

SECURITY = "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"


def test_the_lists_of_packages_are_fetched_every_day(renewed, updates):
    said = updates["settings"]
    assert said.get("apt::periodic::enable", ["1"])[-1] == "1", "apt does nothing by itself"
    assert said.get("apt::periodic::update-package-lists", ["0"])[-1] == "1", "the lists are not fetched every day"
    off = [name for name, states in updates["timers"].items() if states != ["active", "enabled"]]
    assert not off, f"{', '.join(sorted(off))} does not run"


def test_updates_are_installed_as_the_policy_says(renewed, updates):
    said = updates["settings"]
    installs = said.get("apt::periodic::unattended-upgrade", ["0"])[-1] != "0"
    assert installs == renewed.wanted.unattended, "updates are installed" if installs else "nobody installs updates"
    if installs:
        assert updates["installs"], "nobody installs updates: unattended-upgrades is not there"
        lists = ("origins-pattern", "allowed-origins")
        found = [one for name in lists for one in said.get(f"unattended-upgrade::{name}", []) if one]
        assert found == [SECURITY], f"updates of {', '.join(found)} are installed"
        assert said.get("unattended-upgrade::automatic-reboot", ["false"])[-1] == "false", "the machine restarts itself"


def test_packages_come_from_the_servers_of_the_policy(renewed, updates):
    assert updates["servers"], "apt has no source"
    strange = {*updates["servers"]} - {*map(str, renewed.wanted.servers)} if renewed.wanted.servers else set()
    assert not strange, f"packages come from {', '.join(sorted(strange))}, too"


def test_every_update_is_written_down(renewed, updates):
    said = updates["settings"]
    assert any(said.get("dir::log::history", [])), "apt keeps no history"
