"""Visits that were done, and the feedback on them."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE visits (
    id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    person_id uuid,
    application_id uuid,
    area_code text NOT NULL,
    visited_on date NOT NULL
);
CREATE TABLE feedback (
    id uuid PRIMARY KEY,
    visit_id uuid NOT NULL UNIQUE,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment text NOT NULL,
    given_on date NOT NULL,
    sub text NOT NULL
);
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("evaluation", "visits", agency="provider_id", writes="SELECT, INSERT")
    protect("evaluation", "feedback", agency="provider_id", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script("DROP TABLE feedback, visits;")
