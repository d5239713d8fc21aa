"""Paper vouchers: serials with one outcome each, on the same books as the accounts."""

from __future__ import annotations

from importlib import import_module

from services.vouchers.migrations.paper_acts import AT_TILL, FOLLOWING
from shared.ground.v1 import definer, protect, run_script

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"

TABLES = """
ALTER TABLE ledger_accounts ADD scheme text NOT NULL DEFAULT 'account'
    CHECK (scheme IN ('account', 'paper'));
CREATE TABLE scheme_choices (
    id uuid PRIMARY KEY,
    nth bigint GENERATED ALWAYS AS IDENTITY,
    person_id uuid,
    programme text NOT NULL,
    from_month_on date NOT NULL CHECK (extract(day FROM from_month_on) = 1),
    scheme text NOT NULL CHECK (scheme IN ('account', 'paper')),
    split jsonb,
    area_code text NOT NULL,
    chosen_on date NOT NULL,
    chosen_by text NOT NULL,
    CONSTRAINT split_of_paper CHECK (split IS NULL OR scheme = 'paper')
);
CREATE INDEX scheme_choices_of_person ON scheme_choices (programme, person_id, from_month_on);
CREATE TABLE paper_batches (
    id uuid PRIMARY KEY,
    programme text NOT NULL,
    month_on date NOT NULL,
    area_code text NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    serials integer NOT NULL CHECK (serials >= people),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    made_on date NOT NULL,
    made_by text NOT NULL,
    dispatched_on date,
    dispatched_by text,
    received_on date,
    received_by text,
    CONSTRAINT dispatched_whole CHECK (num_nulls(dispatched_on, dispatched_by) IN (0, 2)),
    CONSTRAINT received_whole CHECK (num_nulls(received_on, received_by) IN (0, 2)),
    CONSTRAINT received_what_was_sent CHECK (received_on IS NULL OR dispatched_on IS NOT NULL),
    CONSTRAINT two_people CHECK (received_by <> dispatched_by)
);
CREATE INDEX paper_batches_of_month ON paper_batches (month_on, id);
CREATE TABLE paper_months (
    account_id uuid PRIMARY KEY REFERENCES ledger_accounts,
    batch_id uuid NOT NULL REFERENCES paper_batches,
    bundle integer NOT NULL CHECK (bundle > 0),
    person_id uuid NOT NULL,
    month_on date NOT NULL,
    valid_until_on date NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    area_code text NOT NULL,
    handed_on date,
    handed_by text,
    agent_id uuid,
    CONSTRAINT handed_whole CHECK (num_nulls(handed_on, handed_by) IN (0, 2)),
    CONSTRAINT agent_took_it CHECK (agent_id IS NULL OR handed_on IS NOT NULL),
    UNIQUE (batch_id, bundle)
);
CREATE INDEX paper_months_of_person ON paper_months (person_id, month_on);
CREATE TABLE recollections (
    id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    counted jsonb NOT NULL,
    serials integer NOT NULL,
    amount_fen bigint NOT NULL,
    refused integer NOT NULL,
    made_on date NOT NULL,
    made_by text NOT NULL
);
CREATE TABLE destructions (
    id uuid PRIMARY KEY,
    area_code text NOT NULL,
    serials integer NOT NULL CHECK (serials > 0),
    amount_fen bigint NOT NULL,
    digest bytea NOT NULL,
    made_on date NOT NULL,
    made_by text NOT NULL,
    signed_on date,
    signed_by text,
    CONSTRAINT signed_whole CHECK (num_nulls(signed_on, signed_by) IN (0, 2)),
    CONSTRAINT two_people CHECK (signed_by <> made_by)
);
CREATE TABLE paper_serials (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES paper_months,
    digest bytea NOT NULL UNIQUE,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    area_code text NOT NULL,
    state text NOT NULL DEFAULT 'generated',
    state_on date NOT NULL,
    state_by text NOT NULL,
    state_cause uuid NOT NULL,
    redemption_id uuid,
    recollection_id uuid REFERENCES recollections,
    destruction_id uuid REFERENCES destructions,
    CONSTRAINT used_in_a_redemption CHECK (
        state NOT IN ('used', 'recollected', 'settled') OR redemption_id IS NOT NULL),
    CONSTRAINT recollected_by_an_act CHECK (
        state NOT IN ('recollected', 'settled') OR recollection_id IS NOT NULL),
    CONSTRAINT destroyed_by_an_act CHECK (state <> 'destroyed' OR destruction_id IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX paper_serials_of_account ON paper_serials (account_id);
CREATE INDEX paper_serials_outstanding ON paper_serials (redemption_id) WHERE state = 'used';
CREATE INDEX paper_serials_recollected ON paper_serials (redemption_id)
    WHERE state = 'recollected';
CREATE INDEX paper_serials_destroyed ON paper_serials (destruction_id)
    WHERE destruction_id IS NOT NULL;

-- 生成 → 已发放 → 已使用 → 已回收 → 已结算 → 已销毁, or 挂失, 过期, 作废: no other step stands.
CREATE TABLE paper_events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    serial_id uuid NOT NULL REFERENCES paper_serials,
    before text,
    state text NOT NULL,
    happened_on date NOT NULL,
    by_sub text NOT NULL,
    cause uuid NOT NULL,
    area_code text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT lawful_step CHECK ((coalesce(before, '') || '>' || state) IN ('>generated',
        'generated>handed_out', 'generated>expired', 'generated>void',
        'handed_out>used', 'handed_out>lost', 'handed_out>expired', 'handed_out>void',
        'lost>expired', 'lost>void', 'used>recollected', 'recollected>settled',
        'settled>destroyed', 'expired>destroyed', 'void>destroyed')),
    UNIQUE (serial_id, state)
);
CREATE UNIQUE INDEX one_outcome ON paper_events (serial_id)
    WHERE state IN ('used', 'expired', 'void');
"""

# Every change of state is journalled by the database itself, and what lives on paper is what the
# month's account still holds: at the commit of whatever touched either.
JOURNAL = """
CREATE FUNCTION note_paper() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    INSERT INTO paper_events (serial_id, before, state, happened_on, by_sub, cause, area_code)
    VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.state END, NEW.state, NEW.state_on,
        NEW.state_by, NEW.state_cause, NEW.area_code);
    RETURN NULL;
END $$;
CREATE TRIGGER paper_made AFTER INSERT ON paper_serials
    FOR EACH ROW EXECUTE FUNCTION note_paper();
CREATE TRIGGER paper_changed AFTER UPDATE OF state ON paper_serials
    FOR EACH ROW EXECUTE FUNCTION note_paper();

CREATE FUNCTION paper_is_its_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE account uuid;
BEGIN
    IF TG_TABLE_NAME = 'paper_events' THEN
        SELECT s.account_id INTO account FROM paper_serials s WHERE s.id = NEW.serial_id;
    ELSE
        SELECT m.account_id INTO account FROM paper_months m WHERE m.account_id = NEW.id;
    END IF;
    IF account IS NOT NULL AND (SELECT balance_fen FROM ledger_accounts WHERE id = account)
        <> (SELECT coalesce(sum(amount_fen), 0) FROM paper_serials
            WHERE account_id = account AND state IN ('generated', 'handed_out', 'lost')) THEN
        RAISE EXCEPTION 'live serials are not what the month still holds' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER paper_is_its_balance AFTER INSERT ON paper_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('generated', 'used', 'expired', 'void'))
    EXECUTE FUNCTION paper_is_its_balance();
CREATE CONSTRAINT TRIGGER paper_is_its_balance AFTER UPDATE OF balance_fen ON ledger_accounts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.scheme = 'paper')
    EXECUTE FUNCTION paper_is_its_balance();
"""

SIGNATURES = (
    "paper_hand(bytea[], text)",
    "spend_paper(bytea[], uuid, text, date, text)",
)
TILLS = import_module("services.vouchers.migrations.versions.0013_tills")
# What a card opens are the months that are not on paper.
MONTHS_OF_CARDS = (
    (
        "a.kind = 'holder' AND a.person_id = holder",
        "a.kind = 'holder' AND a.scheme = 'account' AND a.person_id = holder",
    ),
    (
        "FROM ledger_accounts WHERE kind = 'holder' AND person_id = ANY(people)",
        "FROM ledger_accounts WHERE kind = 'holder' AND scheme = 'account'\n"
        "                AND person_id = ANY(people)",
    ),
)
TABLES_IN_ORDER = (
    "paper_events, paper_serials, destructions, recollections, paper_months, paper_batches, "
    "scheme_choices"
)


def _tills(*, paper: bool) -> str:
    """The tills' functions, with or without the months on paper left out."""
    script: str = TILLS.TILL + TILLS.TILL_BATCH
    for whole, cards in MONTHS_OF_CARDS:
        assert whole in script, whole
        script = script.replace(whole, cards) if paper else script
    return script.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def upgrade() -> None:
    run_script(TABLES + JOURNAL + FOLLOWING + AT_TILL + _tills(paper=True))
    protect("vouchers", "scheme_choices", agency=OFFICES, writes="SELECT, INSERT")
    protect(
        "vouchers",
        "paper_batches",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (dispatched_on, dispatched_by, received_on, received_by)",
    )
    protect(
        "vouchers",
        "paper_months",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (handed_on, handed_by, agent_id)",
    )
    protect(
        "vouchers",
        "paper_serials",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (state, state_on, state_by, state_cause, "
        "recollection_id, destruction_id)",
    )
    protect("vouchers", "paper_events", agency=OFFICES, writes="SELECT")
    protect("vouchers", "recollections", agency="provider_id", writes="SELECT, INSERT")
    protect(
        "vouchers",
        "destructions",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (signed_on, signed_by)",
    )
    for signature in SIGNATURES:
        definer("vouchers", signature)


def downgrade() -> None:
    run_script(_tills(paper=False))
    run_script(f"""
        DROP TRIGGER settle_paper ON settlements;
        DROP TRIGGER end_paper ON postings;
        DROP TRIGGER issue_on_paper ON issue_runs;
        DROP TRIGGER paper_is_its_balance ON ledger_accounts;
        DROP TABLE {TABLES_IN_ORDER};
        DROP FUNCTION {", ".join(SIGNATURES)}, settle_paper(), end_paper(), issue_on_paper(),
            paper_is_its_balance(), note_paper();
        ALTER TABLE ledger_accounts DROP scheme;
    """)
