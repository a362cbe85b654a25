"""What is shipped to servers: our package, restic, root trees."""
