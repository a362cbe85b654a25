"""Healing a repository of this machine from another one of its own: what is damaged, what it hurts, what comes back."""
