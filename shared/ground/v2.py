"""Version 2 of the ground: what the outbox never takes, and letters that a broker refuses."""

from __future__ import annotations

from shared.ground.v1 import definer, roles, run_script

# The rows that are there already keep their place: a letter once written is never rewritten.
# A million bytes of facts take at most half as much again as jsonb writes them, with its blanks.
GROUND = """
ALTER TABLE outbox
    ADD CONSTRAINT outbox_key_is_whose_it_is
        CHECK (key = coalesce(person_id, aggregate_id)) NOT VALID,
    ADD CONSTRAINT outbox_fits_a_record
        CHECK (sent OR octet_length(CAST(facts AS text)) <= 1500000) NOT VALID;
-- The only way in which the application gives up a letter that the broker refused.
CREATE FUNCTION give_up_letter(letter uuid)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE outbox SET sent = true
    WHERE id = letter AND NOT sent AND EXISTS (
        SELECT 1 FROM parked
        WHERE consumer = 'relay' AND letter_id = letter AND state = 'discarded')
$$;
"""


def hold_letters(schema: str) -> None:
    """Bring a service's schema to version 2."""
    run_script(GROUND)
    run_script(f"GRANT UPDATE (attempts) ON parked TO {roles(schema)['jobs']}")
    definer(schema, "give_up_letter(uuid)")


def unhold_letters(schema: str) -> None:
    """Back to version 1."""
    run_script(f"""
        DROP FUNCTION give_up_letter(uuid);
        REVOKE UPDATE (attempts) ON parked FROM {roles(schema)["jobs"]};
        ALTER TABLE outbox DROP CONSTRAINT outbox_fits_a_record,
            DROP CONSTRAINT outbox_key_is_whose_it_is;
    """)
