"""Reports: one file per form, all made from the same status of the fleet."""
