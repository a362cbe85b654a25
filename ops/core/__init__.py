"""What everything else stands on: programs, time, files, quantities, errors; imports nothing of ours."""
