"""From a command to a handset."""
