"""Feedback: what the person, or somebody for him, thought of a visit."""
