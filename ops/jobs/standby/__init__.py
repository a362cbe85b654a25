"""A PostgreSQL cluster that another machine's follows: how it stands, fencing, promotion, rejoining, the start's guard.

The programs of PostgreSQL run as the cluster's owner; what lies in its folders is changed as that owner, too, so that
no link in them leads root elsewhere. Each act may be killed and done again.
"""
