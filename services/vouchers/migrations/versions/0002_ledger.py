"""The ledger: accounts, of which some keep a floored balance, and append-only postings."""

from __future__ import annotations

from shared.contracts.programmes import CHAOYANG
from shared.ground.v1 import protect, run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = f"""
CREATE TABLE ledger_accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('fund', 'allocation', 'holder', 'provider_payable',
        'settled', 'expired', 'revoked')),
    area_code text NOT NULL,
    agency text NOT NULL DEFAULT '',
    fund text,
    allocation_id uuid,
    person_id uuid,
    application_id uuid,
    programme text,
    month_on date CHECK (extract(day FROM month_on) = 1),
    valid_until_on date,
    street_code text,
    benefit_class text,
    run_id uuid,
    balance_fen bigint CONSTRAINT balance_floor CHECK (balance_fen >= 0),
    CONSTRAINT balance_kept CHECK ((kind IN ('holder', 'allocation')) = (balance_fen IS NOT NULL)),
    CONSTRAINT holder_whole CHECK (kind <> 'holder' OR num_nulls(person_id, programme, month_on,
        valid_until_on, street_code, benefit_class, fund, run_id) = 0),
    CONSTRAINT allocation_whole CHECK (kind <> 'allocation' OR num_nulls(allocation_id, fund) = 0),
    CONSTRAINT payable_whole CHECK ((kind = 'provider_payable') = (agency <> ''))
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX one_voucher_a_month ON ledger_accounts (person_id, programme, month_on)
    WHERE kind = 'holder';
CREATE UNIQUE INDEX one_account_an_allocation ON ledger_accounts (allocation_id)
    WHERE kind = 'allocation';
CREATE UNIQUE INDEX one_account_a_provider ON ledger_accounts (agency)
    WHERE kind = 'provider_payable';
CREATE UNIQUE INDEX one_account_a_fund ON ledger_accounts (kind, fund)
    WHERE kind IN ('fund', 'settled', 'expired', 'revoked');
INSERT INTO ledger_accounts (kind, fund, area_code)
SELECT kind, fund, '{CHAOYANG}'
FROM unnest(ARRAY['fund', 'settled', 'expired', 'revoked']) AS kind,
    unnest(ARRAY['lottery', 'disability', 'unemployment', 'district_finance']) AS fund;

CREATE TABLE postings (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    set_id uuid NOT NULL,
    act text NOT NULL CHECK (act IN ('allocate', 'issue', 'redeem', 'settle', 'expire', 'revoke')),
    account_id uuid NOT NULL REFERENCES ledger_accounts,
    account_kind text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen <> 0),
    fund text NOT NULL,
    street_code text NOT NULL,
    month_on date,
    benefit_class text,
    agency text NOT NULL DEFAULT '',
    occurred_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    cause uuid NOT NULL
);
CREATE INDEX postings_of_set ON postings (set_id);
CREATE INDEX postings_of_account ON postings (account_id);
CREATE INDEX postings_of_redemption ON postings (cause) WHERE act = 'redeem';

-- Runs as the owner, since row-level security may hide half of a set from the writer.
CREATE FUNCTION posting_set_sums_to_zero() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM postings WHERE set_id = NEW.set_id) <> 0 THEN
        RAISE EXCEPTION 'a posting set does not sum to zero' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER posting_set_sums_to_zero AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_set_sums_to_zero();
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("vouchers", "ledger_accounts", agency="agency", writes="SELECT, INSERT")
    run_script("""
        GRANT UPDATE (balance_fen, area_code) ON ledger_accounts
            TO juyang_vouchers_app, juyang_vouchers_jobs;
    """)
    protect("vouchers", "postings", area="street_code", agency="agency", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script("""
        DROP TABLE postings, ledger_accounts;
        DROP FUNCTION posting_set_sums_to_zero();
    """)
