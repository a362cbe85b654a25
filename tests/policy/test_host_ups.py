"""The UPS server answers, and knows the UPS that the policy names."""


def test_upsd_answers(ups, upsd):
    assert not upsd["trouble"], f"upsd at {ups.options.host} port {ups.options.port}: {upsd['trouble']}"
    assert upsd["known"], f"upsd at {ups.options.host} knows no UPS"


def test_upsd_knows_the_ups(ups, upsd):
    if ups.options.ups:
        known = ", ".join(upsd["known"]) or "none"
        assert ups.options.ups in upsd["known"], f"upsd does not know {ups.options.ups}, but {known}"
        assert upsd["known"][ups.options.ups].startswith("VAR "), f"upsd has no data: {upsd['known'][ups.options.ups]}"
