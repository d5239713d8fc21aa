"""Four books that never mix, overrides of the waterfall, back-pay, work expenses and nights."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"
SIGNED = """
    made_on date NOT NULL,
    made_by text NOT NULL,
    made_body text NOT NULL,
    signed_on date,
    signed_by text,
    signed_body text,
    CONSTRAINT two_people CHECK (signed_by <> made_by),
    CONSTRAINT signed_whole CHECK (num_nulls(signed_on, signed_by, signed_body) IN (0, 3))
"""
SIGNING = "SELECT, INSERT, UPDATE (signed_on, signed_by, signed_body)"

# What a purpose is booked in is a matter of the law's articles (C-04, C-16, C-24, C-25), and an
# act belongs to one book: money of another book can neither pay for it nor be kept with it.
BOOKS = """
ALTER TABLE allocations ADD book text NOT NULL GENERATED ALWAYS AS (CASE purpose
    WHEN 'benefits' THEN 'benefits'
    WHEN 'centenarian_claims' THEN 'subsidies'
    WHEN 'device_subsidies' THEN 'subsidies'
    WHEN 'work_expenses' THEN 'expenses'
    WHEN 'rewards' THEN 'rewards'
    WHEN 'worker_training' THEN 'rewards' END) STORED;

ALTER TABLE postings ADD CONSTRAINT book_kept CHECK (act = 'recover' OR CASE account_kind
    WHEN 'holder' THEN act IN ('issue', 'backpay', 'transfer_fund', 'redeem', 'refund', 'expire',
        'revoke')
    WHEN 'expired' THEN act IN ('expire', 'refund')
    WHEN 'revoked' THEN act IN ('revoke', 'refund')
    WHEN 'claims' THEN act = 'claim'
    WHEN 'subsidies' THEN act = 'subsidy'
    WHEN 'expenses' THEN act = 'expense'
    WHEN 'rewards' THEN act = 'reward'
    WHEN 'training' THEN act = 'training'
    ELSE true END);

CREATE FUNCTION book_of(act text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN act IN ('claim', 'subsidy') THEN 'subsidies'
        WHEN act = 'expense' THEN 'expenses'
        WHEN act IN ('reward', 'training') THEN 'rewards'
        WHEN act IN ('allocate', 'recover') THEN NULL
        ELSE 'benefits' END
$$;
-- A month's issue is not asked line by line, for its speed: its statement names the book itself.
CREATE FUNCTION money_stays_in_its_book() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF (SELECT o.book <> book_of(NEW.act) FROM ledger_accounts a
            JOIN allocations o ON o.id = a.allocation_id WHERE a.id = NEW.account_id) THEN
        RAISE EXCEPTION 'this money belongs to another book' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER money_stays_in_its_book AFTER INSERT ON postings FOR EACH ROW
    WHEN (NEW.account_kind = 'allocation' AND NEW.act NOT IN ('allocate', 'issue'))
    EXECUTE FUNCTION money_stays_in_its_book();
"""
ORDERS = f"""
ALTER TABLE issue_runs ADD supplementary boolean NOT NULL DEFAULT false;

CREATE TABLE fund_overrides (
    id uuid PRIMARY KEY,
    area_code text NOT NULL,
    order_no text NOT NULL UNIQUE,
    programme text NOT NULL,
    from_month_on date NOT NULL CHECK (extract(day FROM from_month_on) = 1),
    to_month_on date NOT NULL CHECK (extract(day FROM to_month_on) = 1),
    street_code text,
    benefit_class text,
    shares jsonb NOT NULL,
    reason text NOT NULL,
    {SIGNED},
    CONSTRAINT some_months CHECK (to_month_on >= from_month_on)
);

CREATE TABLE backpays (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    month_on date NOT NULL CHECK (extract(day FROM month_on) = 1),
    area_code text NOT NULL,
    application_id uuid,
    benefit_class text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    note text NOT NULL,
    {SIGNED},
    CONSTRAINT two_bodies CHECK (signed_body <> made_body)
);
CREATE INDEX backpays_of_person ON backpays (person_id, month_on);

CREATE TABLE work_budgets (
    id uuid PRIMARY KEY,
    area_code text NOT NULL CHECK (area_code ~ '^[0-9]{{9}}$'),
    year integer NOT NULL,
    headcount integer NOT NULL CHECK (headcount >= 0),
    proposed_fen bigint NOT NULL CHECK (proposed_fen >= 0),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    {SIGNED}
);
CREATE INDEX work_budgets_of_street ON work_budgets (area_code, year);
CREATE TABLE work_expenses (
    id uuid PRIMARY KEY,
    area_code text NOT NULL CHECK (area_code ~ '^[0-9]{{9}}$'),
    year integer NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    {SIGNED}
);
CREATE INDEX work_expenses_of_street ON work_expenses (area_code, year);

CREATE TABLE conservation_nights (
    night_on date PRIMARY KEY,
    area_code text NOT NULL,
    checked_at timestamptz NOT NULL,
    checks integer NOT NULL,
    wrong jsonb NOT NULL,
    totals jsonb NOT NULL
);
"""


def upgrade() -> None:
    run_script(BOOKS + ORDERS)
    for table in ("fund_overrides", "backpays", "work_budgets", "work_expenses"):
        protect("vouchers", table, agency=OFFICES, writes=SIGNING)
    protect("vouchers", "conservation_nights", agency=OFFICES, writes="SELECT, INSERT")
    run_script("""
        REVOKE INSERT ON conservation_nights FROM juyang_vouchers_app;
        GRANT EXECUTE ON FUNCTION book_of(text) TO juyang_vouchers_app, juyang_vouchers_jobs;
    """)


def downgrade() -> None:
    run_script("""
        DROP TABLE conservation_nights, work_expenses, work_budgets, backpays, fund_overrides;
        ALTER TABLE issue_runs DROP supplementary;
        DROP TRIGGER money_stays_in_its_book ON postings;
        DROP FUNCTION money_stays_in_its_book();
        DROP FUNCTION book_of(text);
        ALTER TABLE postings DROP CONSTRAINT book_kept;
        ALTER TABLE allocations DROP book;
    """)
