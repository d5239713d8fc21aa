"""Person files: identity, what is known of a person, and who may read it."""
