"""Who may sign in, for which organization and project, and with which role."""
