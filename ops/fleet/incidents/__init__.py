"""Incidents: opened, noted and closed by people, as records of the control machine's ledger; nothing else is kept."""
