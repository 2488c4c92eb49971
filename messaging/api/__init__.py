"""What programs send through: APIs that are wire-compatible with those we replace, a folder each."""
