"""How any job is run: locked, recorded, in its systemd unit, passing a guard when a person says so."""
