"""The clock as the policy's hardening wants it: chrony alone sets it, by the policy's sources, and they answer."""

LEAST = 2


def test_chrony_alone_sets_the_clock(timed, clock):
    state, *_ = clock["states"].values()
    assert state == "active", f"chrony is {state or 'not there'}"
    assert clock["boot"] == "enabled", f"chrony is {clock['boot']} at boot"
    others = [name for name, found in list(clock["states"].items())[1:] if found == "active"]
    assert not others, f"{', '.join(others)} sets the clock, too"


def test_the_clock_asks_the_sources_of_the_policy(timed, clock):
    wanted, found = set(timed.wanted.sources), set(clock["sources"])
    assert not wanted - found, f"chrony does not ask {', '.join(sorted(wanted - found))}"
    assert not found - wanted, f"chrony asks {', '.join(sorted(found - wanted))}, which the policy does not name"


def test_two_clocks_answer(timed, clock):
    silent = sorted(name for name, answered in clock["sources"].items() if not answered)
    answering = len(clock["sources"]) - len(silent)
    assert answering >= LEAST, f"{answering} of the sources answered; silent: {', '.join(silent) or 'none'}"
