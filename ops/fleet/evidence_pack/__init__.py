"""The evidence pack: all evidence of a period in one archive, which a script verifies without Seawall."""
