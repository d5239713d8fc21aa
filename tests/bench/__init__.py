"""What `make bench` measures; not part of the suite, since no test may depend on the clock."""
