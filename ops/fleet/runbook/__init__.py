"""The runbook: how a lost site is rebuilt."""
