"""One SSH for the whole fleet: OpenSSH, as Ansible runs it, in the hands of pyinfra."""
