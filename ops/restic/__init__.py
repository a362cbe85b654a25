"""restic: its repository commands, its messages, its failures, its versions."""
