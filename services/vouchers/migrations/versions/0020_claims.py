"""Other money: entitlements, medical claims, subsidised devices, rewards, training, payouts."""

from __future__ import annotations

from services.vouchers.migrations.device_acts import AT_THE_COUNTER
from shared.ground.v1 import definer, protect, run_script

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"
TWO_PEOPLE = """
    made_on date NOT NULL,
    made_by text NOT NULL,
    made_body text NOT NULL,
    outcome text CHECK (outcome IN ('approved', 'refused')),
    decided_on date,
    decided_by text,
    decided_body text,
    decided_reason text,
    CONSTRAINT two_people CHECK (decided_by <> made_by),
    CONSTRAINT two_bodies CHECK (decided_body <> made_body),
    CONSTRAINT decided_whole
        CHECK (num_nulls(outcome, decided_on, decided_by, decided_body, decided_reason) IN (0, 5))
"""
DECIDED = "SELECT, INSERT, UPDATE (outcome, decided_on, decided_by, decided_body, decided_reason)"
CLAIMS = f"""
CREATE TABLE entitlements (
    award_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    application_id uuid,
    programme text NOT NULL,
    area_code text NOT NULL,
    starts_on date NOT NULL,
    ended_on date
);
CREATE INDEX entitlements_of_person ON entitlements (person_id);
CREATE TABLE payouts (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('claim', 'device', 'reward', 'training')),
    area_code text NOT NULL,
    person_id uuid,
    agency text NOT NULL DEFAULT '',
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    ordered_on date NOT NULL,
    due_from_on date NOT NULL,
    paid_on date CHECK (paid_on >= due_from_on),
    paid_by text,
    payment_no text UNIQUE,
    void_on date,
    CONSTRAINT paid_whole CHECK (num_nulls(paid_on, paid_by, payment_no) IN (0, 3)),
    CONSTRAINT paid_or_void CHECK (paid_on IS NULL OR void_on IS NULL)
);
CREATE TABLE medical_claims (
    id uuid PRIMARY KEY,
    award_id uuid NOT NULL REFERENCES entitlements,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    filed_on date NOT NULL,
    filed_by text NOT NULL,
    state text NOT NULL DEFAULT 'filed'
        CHECK (state IN ('filed', 'proposed', 'approved', 'refused')),
    approved_fen bigint CHECK (approved_fen BETWEEN 1 AND amount_fen),
    approved_on date,
    CONSTRAINT approved_whole CHECK ((state = 'approved') = (approved_fen IS NOT NULL)
        AND (approved_fen IS NULL) = (approved_on IS NULL))
);
CREATE INDEX medical_claims_of_person ON medical_claims (person_id);
CREATE TABLE claim_receipts (
    claim_id uuid NOT NULL REFERENCES medical_claims,
    area_code text NOT NULL,
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{{64}}$'),
    receipt_no text NOT NULL,
    hospital text NOT NULL,
    issued_on date NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    released boolean NOT NULL DEFAULT false
);
CREATE INDEX claim_receipts_of_claim ON claim_receipts (claim_id);
CREATE UNIQUE INDEX a_file_is_reimbursed_once ON claim_receipts (digest) WHERE NOT released;
CREATE UNIQUE INDEX a_receipt_is_reimbursed_once ON claim_receipts (hospital, receipt_no)
    WHERE NOT released;
CREATE TABLE claim_decisions (
    id uuid PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES medical_claims,
    area_code text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    reason text NOT NULL,
    {TWO_PEOPLE}
);
CREATE INDEX claim_decisions_of_claim ON claim_decisions (claim_id);
"""
DEVICES = f"""
CREATE TABLE device_tenders (
    id uuid PRIMARY KEY,
    tender_no text NOT NULL UNIQUE,
    model text NOT NULL,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    list_price_fen bigint NOT NULL,
    user_price_fen bigint NOT NULL CHECK (user_price_fen >= 0),
    subsidy_fen bigint GENERATED ALWAYS AS (list_price_fen - user_price_fen) STORED,
    from_on date NOT NULL,
    to_on date NOT NULL CHECK (to_on >= from_on),
    quota integer NOT NULL CHECK (quota > 0),
    sold integer NOT NULL DEFAULT 0
        CONSTRAINT quota_kept CHECK (sold BETWEEN 0 AND quota),
    CONSTRAINT something_is_paid CHECK (list_price_fen > user_price_fen),
    {TWO_PEOPLE}
);
CREATE TABLE device_sales (
    id uuid PRIMARY KEY,
    tender_id uuid NOT NULL REFERENCES device_tenders,
    award_id uuid NOT NULL REFERENCES entitlements,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    serial_no text NOT NULL,
    list_price_fen bigint NOT NULL,
    user_price_fen bigint NOT NULL,
    subsidy_fen bigint NOT NULL CHECK (subsidy_fen = list_price_fen - user_price_fen),
    sold_on date NOT NULL,
    sold_by text NOT NULL,
    returnable_until_on date NOT NULL,
    returned_on date CHECK (returned_on BETWEEN sold_on AND returnable_until_on),
    returned_by text,
    return_reason text,
    CONSTRAINT returned_whole CHECK (num_nulls(returned_on, returned_by, return_reason) IN (0, 3))
);
CREATE UNIQUE INDEX one_device_a_person ON device_sales (person_id) WHERE returned_on IS NULL;
CREATE UNIQUE INDEX a_device_is_sold_once ON device_sales (serial_no) WHERE returned_on IS NULL;
CREATE INDEX device_sales_of_tender ON device_sales (tender_id);
"""
REWARDS = f"""
CREATE TABLE score_months (
    provider_id text NOT NULL,
    month_on date NOT NULL,
    area_code text NOT NULL,
    points integer NOT NULL CHECK (points >= 0),
    told_at timestamptz NOT NULL,
    PRIMARY KEY (provider_id, month_on)
);
CREATE TABLE reward_schemes (
    id uuid PRIMARY KEY,
    area_code text NOT NULL,
    year integer NOT NULL,
    order_no text NOT NULL UNIQUE,
    months_at_least integer NOT NULL CHECK (months_at_least BETWEEN 1 AND 12),
    points_from integer[] NOT NULL,
    amounts_fen bigint[] NOT NULL,
    CONSTRAINT step_by_step CHECK (cardinality(points_from) = cardinality(amounts_fen)
        AND cardinality(points_from) > 0 AND 0 < ALL (amounts_fen)),
    {TWO_PEOPLE}
);
CREATE UNIQUE INDEX one_scheme_a_year ON reward_schemes (year) WHERE outcome = 'approved';
CREATE TABLE rewards (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('reward', 'training')),
    area_code text NOT NULL,
    agency text NOT NULL,
    year integer NOT NULL,
    scheme_id uuid REFERENCES reward_schemes,
    points integer,
    months integer,
    people integer CHECK (people > 0),
    course text,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    {TWO_PEOPLE},
    CONSTRAINT reward_whole CHECK ((kind = 'reward') = (num_nulls(scheme_id, points, months) = 0)),
    CONSTRAINT training_whole CHECK ((kind = 'training') = (num_nulls(people, course) = 0))
);
CREATE UNIQUE INDEX one_reward_a_year ON rewards (agency, year)
    WHERE kind = 'reward' AND outcome IS DISTINCT FROM 'refused';
"""
PROTECTED = (
    ("entitlements", OFFICES, "SELECT, INSERT, UPDATE (ended_on, area_code)"),
    ("medical_claims", OFFICES, "SELECT, INSERT, UPDATE (state, approved_fen, approved_on)"),
    ("claim_receipts", OFFICES, "SELECT, INSERT, UPDATE (released)"),
    ("claim_decisions", OFFICES, DECIDED),
    ("payouts", "agency", "SELECT, INSERT, UPDATE (paid_on, paid_by, payment_no)"),
    ("device_tenders", "provider_id", DECIDED),
    ("device_sales", "provider_id", "SELECT"),
    ("score_months", "provider_id", "SELECT, INSERT, UPDATE (points, told_at)"),
    ("reward_schemes", OFFICES, DECIDED),
    ("rewards", "agency", DECIDED),
)
SIGNATURES = (
    "device_counter(uuid, uuid, uuid, text, text, text, date)",
    "book_device(uuid, uuid, uuid, text, text, date, text, date, uuid[], bigint[])",
    "return_device(uuid, uuid, text, date, text, text)",
)


def upgrade() -> None:
    run_script(CLAIMS + DEVICES + REWARDS + AT_THE_COUNTER)
    for table, agency, writes in PROTECTED:
        protect("vouchers", table, agency=agency, writes=writes)
    for signature in SIGNATURES:
        definer("vouchers", signature)


def downgrade() -> None:
    for signature in SIGNATURES:
        run_script(f"DROP FUNCTION {signature};")
    run_script("""
        DROP TABLE rewards, reward_schemes, score_months, device_sales, device_tenders,
            claim_decisions, claim_receipts, medical_claims, payouts, entitlements;
    """)
