"""What the control machine asks its machines, as facts of pyinfra: a command, and what is understood of its output.

What a machine says is hostile until it is understood: anything else than the expected answer is no fact, or one that
says so.
"""
