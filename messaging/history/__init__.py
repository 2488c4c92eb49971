"""History past its retention: written to a project's storage, read back, dropped, restored."""
