"""Failover from the control machine: both machines asked, a plan, the old primary fenced, the standby promoted."""
