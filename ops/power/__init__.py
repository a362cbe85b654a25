"""A power cut conducted: which machine of a UPS group stops when, and how all of them come back. Nothing here acts."""
