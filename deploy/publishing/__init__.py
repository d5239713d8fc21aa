"""What the project publishes of itself: schemas and catalogue of letters, and REST contracts."""
