"""What letters tell of persons and streets, kept for the other wings to consult."""
