"""What a machine holds, whether the policy says so or not: one file per sort of thing, named as names begin.

A sort offers `KIND = Sort(...)`. What it cannot look at it raises as SeawallError or OSError, and the caller reports
that as unknown, never as nothing found. Names are those of a source's `covers`: `postgresql:5432/his`,
`mariadb:/run/mysqld/mysqld.sock/lab`, `sqlite:/srv/a.db`, `path:/srv/documents`.
"""
