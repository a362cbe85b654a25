"""Health checks: one file per kind, named as the policy names it.

A kind offers `KIND = Check(Options, probe)`. `probe` looks at the machine and yields findings; what it cannot
look at it raises as SeawallError or OSError, and the caller reports that as unknown, never as a pass.
"""
