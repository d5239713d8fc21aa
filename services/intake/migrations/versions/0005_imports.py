"""Imports: sealed files, progress, rejects, wishes, and the staging table of bulk loads."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script, share

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE imports (
    import_id uuid PRIMARY KEY,
    area_code text NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'running', 'done', 'failed')),
    submitted_by text NOT NULL,
    role text NOT NULL,
    submitted_on date NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    wrapped_key bytea NOT NULL,
    sealed_file bytea,
    titles jsonb,
    rows_total integer NOT NULL DEFAULT 0,
    next_row integer NOT NULL DEFAULT 0,
    persons_new integer NOT NULL DEFAULT 0,
    persons_updated integer NOT NULL DEFAULT 0,
    persons_unchanged integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    trouble_code text NOT NULL DEFAULT '',
    trouble_zh text NOT NULL DEFAULT '',
    trouble_en text NOT NULL DEFAULT ''
);
CREATE TABLE import_rejects (
    import_id uuid NOT NULL REFERENCES imports,
    row_number integer NOT NULL,
    area_code text NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (import_id, row_number)
);
CREATE TABLE import_wishes (
    import_id uuid NOT NULL REFERENCES imports,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    area_code text NOT NULL,
    PRIMARY KEY (import_id, person_id, programme)
);
-- COPY cannot pass row-level security: rows land here and leave in the same transaction.
CREATE UNLOGGED TABLE staged_persons (
    import_id uuid NOT NULL,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    facts text NOT NULL,
    birth_on date,
    moved_out_on date,
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    kinds text[] NOT NULL,
    marks bytea[] NOT NULL,
    wants text[] NOT NULL
);
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("intake", "imports")
    protect("intake", "import_rejects", writes="SELECT, INSERT, DELETE")
    protect("intake", "import_wishes", writes="SELECT, INSERT")
    share("intake", "staged_persons", writes="SELECT, INSERT, DELETE")


def downgrade() -> None:
    run_script("DROP TABLE staged_persons, import_wishes, import_rejects, imports")
