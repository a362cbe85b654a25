"""Sources: what is protected, one file per kind, named as the policy names it.

A kind offers `KIND = Source(...)`. It knows how to take its data and the facts about them in one instant, how to
load them again, and how to look whether what was loaded is what was taken.
"""
