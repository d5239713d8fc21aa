"""Suspicions: what looks odd at tills is looked at by a person, and never silently refused."""
