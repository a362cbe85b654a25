"""Control machine only: the inventory, the fleet through pyinfra, secrets, and building what is shipped."""
