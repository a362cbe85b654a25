"""A power cut, acted out: signals that each machine's own upsmon obeys, machines woken, all of it recorded."""
