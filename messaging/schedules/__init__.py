"""Recurring schedules: when they are due, what they send, and that each run happens once."""
