"""The ground of every service's schema, as SQL for its first migration; frozen once released."""
