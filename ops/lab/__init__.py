"""Real Debian machines on this computer, for the demo and the tests; only the control machine has this."""
