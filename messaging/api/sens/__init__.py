"""SENS SMS API v2, to the letter: a program changes its base URL and its keys, and nothing else."""
