"""The whole list of acts and account kinds, and the side tables of the journal's hash chain."""

from __future__ import annotations

from shared.contracts.programmes import CHAOYANG
from shared.ground.v1 import run_script, share

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACTS_BEFORE = ("allocate", "issue", "redeem", "settle", "expire", "revoke")
ACTS = (
    *ACTS_BEFORE,
    "refund",
    "unsettle",
    "recover",
    "backpay",
    "transfer_fund",
    "claim",
    "subsidy",
    "reward",
    "training",
    "expense",
)
A_FUND_BEFORE = ("fund", "settled", "expired", "revoked")
# The books of C-24 stand apart: benefits, subsidies, work expenses, rewards (and training).
A_FUND_NEW = ("recovered", "claims", "subsidies", "rewards", "expenses", "training")
KINDS_BEFORE = (*A_FUND_BEFORE, "allocation", "holder", "provider_payable")
KINDS = (*KINDS_BEFORE, *A_FUND_NEW)

# A statement notes what it has booked: sets that are not whole yet are looked at again when the
# transaction ends, and positions wait for the sealer, which finds them once they are committed,
# in whatever order. Runs as the owner, since row-level security may hide half of a set from its
# writer.
NOTES = """
CREATE TABLE open_sets (set_id uuid NOT NULL);
CREATE TABLE postings_unsealed (
    nth bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    positions bigint[] NOT NULL,
    since_at timestamptz NOT NULL,
    upto_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
CREATE TABLE journal_seals (
    nth bigint PRIMARY KEY,
    postings bigint NOT NULL,
    positions bigint[] NOT NULL,
    since_at timestamptz NOT NULL,
    upto_at timestamptz NOT NULL,
    digests bytea NOT NULL,
    chain bytea NOT NULL,
    sealed_at timestamptz NOT NULL
);
ALTER TABLE journal_seals ALTER digests SET STORAGE EXTERNAL;
GRANT SELECT, DELETE ON postings_unsealed TO juyang_vouchers_jobs;

DROP TRIGGER posting_set_sums_to_zero ON postings;
DROP FUNCTION posting_set_sums_to_zero();
CREATE FUNCTION posting_set_sums_to_zero() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM postings WHERE set_id = NEW.set_id) <> 0 THEN
        RAISE EXCEPTION 'a posting set does not sum to zero' USING ERRCODE = '23514';
    END IF;
    DELETE FROM open_sets WHERE set_id = NEW.set_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER posting_set_sums_to_zero AFTER INSERT ON open_sets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_set_sums_to_zero();
CREATE FUNCTION note_postings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    INSERT INTO open_sets SELECT set_id FROM added GROUP BY set_id HAVING sum(amount_fen) <> 0;
    INSERT INTO postings_unsealed (positions, since_at, upto_at)
    SELECT array_agg(position ORDER BY position), min(recorded_at), max(recorded_at)
    FROM added GROUP BY position / 4096;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_noted AFTER INSERT ON postings REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_postings();
INSERT INTO postings_unsealed (positions, since_at, upto_at)
SELECT array_agg(position ORDER BY position), min(recorded_at), max(recorded_at)
FROM postings GROUP BY position / 4096 ORDER BY position / 4096;
"""
UNNOTED = """
DROP TRIGGER postings_noted ON postings;
DROP FUNCTION note_postings();
DROP TABLE open_sets, postings_unsealed, journal_seals;
DROP FUNCTION posting_set_sums_to_zero();
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
# A refund gives back to the month it came from; back-pay and a moved fund change what was issued.
MONTHS = """
CREATE OR REPLACE FUNCTION holder_months(p_person uuid) RETURNS TABLE (
    programme text, month_on date, valid_until_on date, street_code text, benefit_class text,
    balance_fen bigint, issued_fen bigint, redeemed_fen bigint, expired_fen bigint,
    revoked_fen bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
    SELECT v.programme, v.month_on, v.valid_until_on, v.street_code, v.benefit_class,
        v.balance_fen,
        CAST(coalesce(sum(p.amount_fen)
            FILTER (WHERE p.act IN ({issued})), 0) AS bigint),
        CAST(coalesce(-sum(p.amount_fen)
            FILTER (WHERE p.act IN ({redeemed})), 0) AS bigint),
        CAST(coalesce(-sum(p.amount_fen) FILTER (WHERE p.act = 'expire'), 0) AS bigint),
        CAST(coalesce(-sum(p.amount_fen) FILTER (WHERE p.act = 'revoke'), 0) AS bigint)
    FROM ledger_accounts v JOIN postings p ON p.account_id = v.id
    WHERE v.kind = 'holder' AND v.person_id = p_person
        AND v.area_code LIKE ANY (scope_areas()) AND scope_agency() = ''
    GROUP BY v.id ORDER BY v.programme, v.month_on
$$;
"""


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def lists(acts: tuple[str, ...], kinds: tuple[str, ...], a_fund: tuple[str, ...]) -> str:
    """The closed lists of the ledger, said to the database."""
    return f"""
        ALTER TABLE postings DROP CONSTRAINT postings_act_check,
            ADD CONSTRAINT postings_act_check CHECK (act IN ({quoted(acts)}));
        ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_kind_check,
            ADD CONSTRAINT ledger_accounts_kind_check CHECK (kind IN ({quoted(kinds)}));
        DROP INDEX one_account_a_fund;
        CREATE UNIQUE INDEX one_account_a_fund ON ledger_accounts (kind, fund)
            WHERE kind IN ({quoted(a_fund)});
    """


def upgrade() -> None:
    run_script(lists(ACTS, KINDS, (*A_FUND_BEFORE, *A_FUND_NEW)))
    run_script(f"""
        INSERT INTO ledger_accounts (kind, fund, area_code)
        SELECT kind, fund, '{CHAOYANG}' FROM unnest(ARRAY[{quoted(A_FUND_NEW)}]) AS kind,
            unnest(ARRAY['lottery', 'disability', 'unemployment', 'district_finance']) AS fund;
    """)
    run_script(NOTES)
    share("vouchers", "journal_seals", writes="SELECT, INSERT")
    run_script("REVOKE INSERT ON journal_seals FROM juyang_vouchers_app")
    run_script(
        MONTHS.format(
            issued=quoted(("issue", "backpay", "transfer_fund")),
            redeemed=quoted(("redeem", "refund")),
        )
    )


def downgrade() -> None:
    run_script(MONTHS.format(issued=quoted(("issue",)), redeemed=quoted(("redeem",))))
    run_script(UNNOTED)
    run_script(f"DELETE FROM ledger_accounts WHERE kind IN ({quoted(A_FUND_NEW)});")
    run_script(lists(ACTS_BEFORE, KINDS_BEFORE, A_FUND_BEFORE))
