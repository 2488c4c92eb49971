"""Exact counts: deltas written with the messages, folded into hours, read with what is not folded yet."""
