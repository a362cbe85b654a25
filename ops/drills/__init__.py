"""Drills: restores made to prove a restore, one file per kind, named as the policy names it.

A kind offers `KIND = Drill(...)`. It plays on a stage that the job sets up: there it finds the parts of the set, can
have them restored or mounted, and tells what it finds, rung by rung. It knows neither repositories nor policies.
Whatever it starts is cut off from every network, sees only its scratch folder, and is gone when the play ends.
"""
