"""Providers with their acts, outlets and caregivers."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE providers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    area_code text NOT NULL,
    source text NOT NULL,
    selection_mode text NOT NULL CHECK (selection_mode IN ('set_up', 'tender')),
    credential_key bytea,
    credential_sealed bytea,
    credential_tail text,
    documents text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'admitted', 'suspended', 'exited')),
    entered_by text[] NOT NULL CHECK (cardinality(entered_by) > 0),
    admitted_by text,
    entered_on date NOT NULL,
    acts integer NOT NULL,
    CONSTRAINT admitted_by_another CHECK (admitted_by IS NULL OR admitted_by <> ALL (entered_by)),
    CONSTRAINT admitted_by_somebody CHECK (state = 'applied' OR admitted_by IS NOT NULL)
);
CREATE TABLE provider_acts (
    provider_id uuid NOT NULL REFERENCES providers,
    nth integer NOT NULL,
    act_id uuid NOT NULL,
    act text NOT NULL,
    reason text NOT NULL,
    sub text NOT NULL,
    body text NOT NULL,
    acted_on date NOT NULL,
    area_code text NOT NULL,
    PRIMARY KEY (provider_id, nth)
);
CREATE TABLE outlets (
    id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    categories text[] NOT NULL,
    opened_on date NOT NULL
);
CREATE INDEX outlets_of_provider ON outlets (provider_id);
CREATE TABLE caregivers (
    id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    certified_until_on date,
    certificate_index bytea,
    on_duty boolean NOT NULL,
    registered_on date NOT NULL,
    CHECK (certificate_index IS NULL OR certified_until_on IS NOT NULL)
);
CREATE INDEX caregivers_of_provider ON caregivers (provider_id) WHERE on_duty;
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("evaluation", "providers", agency="CAST(id AS text)")
    protect(
        "evaluation", "provider_acts", agency="CAST(provider_id AS text)", writes="SELECT, INSERT"
    )
    protect("evaluation", "outlets", agency="provider_id", writes="SELECT, INSERT")
    protect("evaluation", "caregivers", agency="provider_id", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script("DROP TABLE caregivers, outlets, provider_acts, providers;")
