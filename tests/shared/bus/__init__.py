"""The promises of the bus, held to on every adapter."""
