"""Targets: where sets and copies go, one file per kind, named as a repository's kind in the policy.

A kind offers `KIND = Target(...)`: how to see within seconds whether the place can be reached, and how to read
its packs without restic, so that what a copy has written is proved by other code than wrote it.
"""
