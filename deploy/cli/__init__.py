"""The command `juyang`."""
