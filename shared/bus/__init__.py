"""The bus: a port with two adapters, `direct` (in process) and `kafka`."""
