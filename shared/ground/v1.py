"""Version 1 of the ground: scope functions, outbox, inbox, parked, idempotency and audit."""

from __future__ import annotations

from typing import Any

from alembic import op

GROUND = """
CREATE FUNCTION scope_areas() RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE areas text := current_setting('juyang.areas', true);
BEGIN
    IF areas IS NULL OR areas = '' THEN
        RAISE EXCEPTION 'no scope is set for this transaction' USING ERRCODE = '42501';
    END IF;
    RETURN string_to_array(areas, ',');
END $$;
CREATE FUNCTION scope_agency() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE agency text := current_setting('juyang.agency', true);
BEGIN
    IF agency IS NULL THEN
        RAISE EXCEPTION 'no scope is set for this transaction' USING ERRCODE = '42501';
    END IF;
    RETURN agency;
END $$;

CREATE TABLE outbox_heads (aggregate_id uuid PRIMARY KEY, seq bigint NOT NULL);
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    topic text NOT NULL,
    key uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    seq bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    person_id uuid,
    application_id uuid,
    causation_id uuid,
    area_code text,
    agency text,
    traceparent text,
    facts jsonb NOT NULL,
    sent boolean NOT NULL DEFAULT false
);
CREATE INDEX outbox_unsent ON outbox (position) WHERE NOT sent;
CREATE UNIQUE INDEX outbox_order ON outbox (aggregate_id, seq);

CREATE TABLE inbox (
    consumer text NOT NULL,
    letter_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, letter_id)
);
CREATE TABLE inbox_heads (
    consumer text NOT NULL,
    source text NOT NULL,
    aggregate_id uuid NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (consumer, source, aggregate_id)
);
CREATE INDEX inbox_age ON inbox (handled_at);
-- The only way in which letters go: sent ones and inbox rows older than their retention.
CREATE FUNCTION prune_letters(outbox_days integer, inbox_days integer, most integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    sent_gone bigint;
    taken_gone bigint;
BEGIN
    DELETE FROM outbox WHERE position IN (
        SELECT position FROM outbox
        WHERE sent
            AND recorded_at < clock_timestamp() - make_interval(days => greatest(outbox_days, 1))
        ORDER BY position LIMIT most);
    GET DIAGNOSTICS sent_gone = ROW_COUNT;
    DELETE FROM inbox WHERE (consumer, letter_id) IN (
        SELECT consumer, letter_id FROM inbox
        WHERE handled_at < clock_timestamp() - make_interval(days => greatest(inbox_days, 1))
        ORDER BY handled_at LIMIT most);
    GET DIAGNOSTICS taken_gone = ROW_COUNT;
    RETURN sent_gone + taken_gone;
END $$;

CREATE TABLE parked (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    letter_id uuid NOT NULL,
    type text NOT NULL,
    topic text NOT NULL,
    key uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    seq bigint NOT NULL,
    envelope jsonb NOT NULL,
    cause text NOT NULL,
    attempts integer NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replayed', 'discarded')),
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (consumer, letter_id)
);
CREATE INDEX parked_waiting ON parked (consumer, key) WHERE state = 'waiting';

CREATE TABLE idempotency (
    sub text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    status integer,
    location text,
    body bytea,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sub, key)
);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sub text NOT NULL,
    role text NOT NULL,
    body text NOT NULL,
    area text NOT NULL,
    agency text NOT NULL,
    act text NOT NULL,
    subject text NOT NULL,
    count integer NOT NULL,
    detail text NOT NULL,
    digest text NOT NULL,
    trace_id text NOT NULL,
    sealed boolean NOT NULL DEFAULT false
);
CREATE INDEX audit_unsealed ON audit (id) WHERE NOT sealed;
CREATE TABLE audit_seals (
    nth bigint PRIMARY KEY,
    audit_id bigint NOT NULL UNIQUE,
    chain bytea NOT NULL
);
"""

GRANTS = """
GRANT SELECT, INSERT ON outbox, inbox, parked, idempotency, audit TO {app}, {jobs};
GRANT SELECT, INSERT, UPDATE ON outbox_heads, inbox_heads TO {app}, {jobs};
REVOKE ALL ON FUNCTION prune_letters(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_letters(integer, integer, integer) TO {jobs};
GRANT UPDATE (sent) ON outbox TO {jobs};
GRANT UPDATE (status, location, body) ON idempotency TO {app}, {jobs};
GRANT UPDATE (state) ON parked TO {app}, {jobs};
GRANT UPDATE (sealed) ON audit TO {jobs};
GRANT SELECT, INSERT ON audit_seals TO {jobs};
GRANT SELECT ON audit_seals TO {app};
GRANT EXECUTE ON FUNCTION scope_areas(), scope_agency() TO {app}, {jobs};
"""

AREA = "{column} LIKE ANY ((SELECT {schema}.scope_areas())::text[])"
AGENCY = "((SELECT {schema}.scope_agency()) = '' OR {column} = (SELECT {schema}.scope_agency()))"


def run_script(sql: str) -> None:
    """Run several statements in the migration's transaction."""
    bind = op.get_bind()
    bind.exec_driver_sql("SELECT 1")
    raw: Any = bind.connection.dbapi_connection
    raw.run_async(lambda connection: connection.execute(sql))


def roles(schema: str) -> dict[str, str]:
    """The database roles of a service."""
    return {
        "schema": schema,
        "owner": f"juyang_{schema}_owner",
        "app": f"juyang_{schema}_app",
        "jobs": f"juyang_{schema}_jobs",
    }


def ground(schema: str) -> None:
    """Lay the ground of a service's schema."""
    run_script(GROUND)
    run_script(GRANTS.format(**roles(schema)))


def protect(
    schema: str,
    table: str,
    *,
    area: str | None = "area_code",
    agency: str | None = None,
    writes: str = "SELECT, INSERT, UPDATE",
) -> None:
    """Put a table under row-level security by area and agency columns, and grant it.

    The application role sees rows of its scope alone; the jobs role and the owner's
    security-definer functions see all. `writes` are the privileges of both roles.
    """
    names = roles(schema)
    checks = [AREA.format(column=area, **names)] if area else []
    checks += [AGENCY.format(column=agency, **names)] if agency else []
    rule = " AND ".join(checks) or "true"
    run_script(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY scope ON {table} TO {names["app"]} USING ({rule}) WITH CHECK ({rule});
        CREATE POLICY whole ON {table} TO {names["jobs"]}, {names["owner"]}
            USING (true) WITH CHECK (true);
        GRANT {writes} ON {table} TO {names["app"]}, {names["jobs"]};
    """)


def share(schema: str, table: str, *, writes: str = "SELECT, INSERT, UPDATE") -> None:
    """Grant a table that holds nothing bound to an area or agency (catalogues, staging)."""
    names = roles(schema)
    run_script(f"GRANT {writes} ON {table} TO {names['app']}, {names['jobs']};")


def definer(schema: str, signature: str) -> None:
    """Let the application role call a security-definer function, and nobody else."""
    names = roles(schema)
    run_script(f"""
        REVOKE ALL ON FUNCTION {signature} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {signature} TO {names["app"]}, {names["jobs"]};
    """)
