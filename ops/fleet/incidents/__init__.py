"""Incidents: opened, noted and closed by people, as records of the control machine's ledger; all else follows of these."""
