"""The status of the fleet for people: one view of it, shown as a page or as a table."""
