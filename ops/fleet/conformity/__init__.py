"""Conformity with written procedures: packs of clauses, the facts that are known of a site, and what comes of both."""
