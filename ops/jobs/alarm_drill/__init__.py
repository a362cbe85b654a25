"""The drill of the alarms: a fault is made on purpose, to see who is told of it, how soon, and who answers."""
