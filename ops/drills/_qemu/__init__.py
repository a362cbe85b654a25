"""A restored machine with its own boot loader and kernel, in QEMU."""
