"""Updates of packages: all that is kept before one, bringing it back, drilling that, and a record of each update."""
