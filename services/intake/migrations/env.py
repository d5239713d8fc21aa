"""Alembic's entry for this service's schema."""

from shared.migrate import run_env

run_env()
