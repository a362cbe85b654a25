"""What a report tells of a period: what was expected and done, trends, and who signed it off."""
