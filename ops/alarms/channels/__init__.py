"""Channels by which alarms go out: one file per kind, named as the policy names it.

A kind offers `KIND = Channel(Options, send=...)`. `send` returns once the other side has taken the message, and raises
SeawallError or OSError when it has not: then it is tried again.
"""
