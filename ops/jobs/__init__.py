"""Use cases, one file per act: lock, order, record. The only place that joins the kinds below."""
