"""New passwords for a repository that stays as it is."""
