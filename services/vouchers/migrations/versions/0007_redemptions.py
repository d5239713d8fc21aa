"""Redemptions and refusals, and the narrow functions by which a till reaches a holder's money."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE redemptions (
    id uuid PRIMARY KEY,
    card_id uuid NOT NULL,
    person_id uuid NOT NULL,
    application_id uuid,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    outlet_id uuid NOT NULL,
    item_code text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    redeemed_on date NOT NULL,
    booked_on date NOT NULL,
    booked_by text NOT NULL,
    settlement_id uuid
);
CREATE INDEX redemptions_unsettled ON redemptions (redeemed_on) WHERE settlement_id IS NULL;
CREATE INDEX redemptions_settled ON redemptions (settlement_id) WHERE settlement_id IS NOT NULL;
CREATE INDEX redemptions_of_provider ON redemptions (provider_id, id);
CREATE TABLE refusals (
    id uuid PRIMARY KEY,
    person_id uuid,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    outlet_id uuid NOT NULL,
    item_code text NOT NULL,
    amount_fen bigint NOT NULL,
    code text NOT NULL,
    refused_on date NOT NULL,
    refused_by text NOT NULL
);
"""

# A till sees one holder at a time, by the digest of a card that it has in hand. The holder's row
# is locked first, and the months are read by a later statement, which sees what was committed
# while the first one waited: one winner whatever races.
TILL = """
CREATE FUNCTION till(
    p_id uuid, p_digest bytea, p_outlet uuid, p_item text, p_provider text, p_day date
) RETURNS TABLE (
    taken boolean, card uuid, card_closed_on date, holder uuid, holder_area text,
    holder_died_on date, outlet_provider text, outlet_area text, standing text, category text,
    voucher_allowed boolean, item_published_on date, months text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    SELECT c.card_id, c.closed_on, h.person_id, h.area_code, h.died_on
        INTO card, card_closed_on, holder, holder_area, holder_died_on
        FROM cards c JOIN holders h ON h.person_id = c.person_id
        WHERE c.digest = p_digest FOR NO KEY UPDATE OF h;
    SELECT EXISTS (SELECT 1 FROM redemptions r WHERE r.id = p_id)
        OR EXISTS (SELECT 1 FROM refusals r WHERE r.id = p_id),
        (SELECT CAST(json_agg(json_build_object('account_id', a.id, 'month_on', a.month_on,
                'balance_fen', a.balance_fen, 'application_id', a.application_id,
                'valid_until_on', a.valid_until_on) ORDER BY a.month_on) AS text)
            FROM ledger_accounts a
            WHERE a.kind = 'holder' AND a.person_id = holder AND a.balance_fen > 0),
        (SELECT s.standing FROM provider_standings s
            WHERE s.provider_id = p_provider AND s.from_on <= p_day
            ORDER BY s.from_on DESC, s.told_at DESC LIMIT 1)
        INTO taken, months, standing;
    SELECT o.provider_id, o.area_code INTO outlet_provider, outlet_area
        FROM outlets o WHERE o.outlet_id = p_outlet;
    SELECT i.category, i.voucher_allowed, i.published_on
        INTO category, voucher_allowed, item_published_on
        FROM items i WHERE i.item_code = p_item;
    RETURN NEXT;
END $$;
"""

BOOK = """
CREATE FUNCTION book_redemption(
    p_id uuid, p_card uuid, p_person uuid, p_application uuid, p_area text, p_provider text,
    p_outlet uuid, p_item text, p_amount bigint, p_day date, p_today date, p_by text,
    p_accounts uuid[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE payable uuid; guarded integer;
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    IF p_amount <> (SELECT sum(amount) FROM unnest(p_amounts) AS amount) THEN
        RAISE EXCEPTION 'the charges do not make up the amount' USING ERRCODE = '23514';
    END IF;
    UPDATE ledger_accounts a SET balance_fen = a.balance_fen - c.amount
        FROM unnest(p_accounts, p_amounts) AS c(account, amount)
        WHERE a.id = c.account AND a.kind = 'holder' AND a.person_id = p_person
            AND a.balance_fen >= c.amount;
    GET DIAGNOSTICS guarded = ROW_COUNT;
    IF guarded <> cardinality(p_accounts) THEN
        RAISE EXCEPTION 'a balance does not cover its charge' USING ERRCODE = '23514';
    END IF;
    SELECT id INTO payable FROM ledger_accounts
        WHERE kind = 'provider_payable' AND agency = p_provider;
    IF payable IS NULL THEN
        INSERT INTO ledger_accounts (kind, area_code, agency)
            VALUES ('provider_payable', left(p_area, 6), p_provider) ON CONFLICT DO NOTHING;
        SELECT id INTO payable FROM ledger_accounts
            WHERE kind = 'provider_payable' AND agency = p_provider;
    END IF;
    INSERT INTO redemptions (id, card_id, person_id, application_id, area_code, provider_id,
        outlet_id, item_code, amount_fen, redeemed_on, booked_on, booked_by)
    VALUES (p_id, p_card, p_person, p_application, p_area, p_provider, p_outlet, p_item, p_amount,
        p_day, p_today, p_by);
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, agency, occurred_on, cause)
    SELECT p_id, 'redeem', side.account, side.kind, side.sign * c.amount, a.fund, a.street_code,
        a.month_on, a.benefit_class, p_provider, p_day, p_id
    FROM unnest(p_accounts, p_amounts) AS c(account, amount)
        JOIN ledger_accounts a ON a.id = c.account,
        LATERAL (VALUES (a.id, 'holder', -1), (payable, 'provider_payable', 1))
            AS side(account, kind, sign);
END $$;
CREATE FUNCTION book_refusal(
    p_id uuid, p_person uuid, p_area text, p_provider text, p_outlet uuid, p_item text,
    p_amount bigint, p_code text, p_today date, p_by text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    INSERT INTO refusals (id, person_id, area_code, provider_id, outlet_id, item_code, amount_fen,
        code, refused_on, refused_by)
    VALUES (p_id, p_person, p_area, p_provider, p_outlet, p_item, p_amount, p_code, p_today, p_by);
END $$;
"""
SIGNATURES = (
    "till(uuid, bytea, uuid, text, text, date)",
    "book_redemption(uuid, uuid, uuid, uuid, text, text, uuid, text, bigint, date, date, text, "
    "uuid[], bigint[])",
    "book_refusal(uuid, uuid, text, text, uuid, text, bigint, text, date, text)",
)


def upgrade() -> None:
    run_script(TABLES + TILL + BOOK)
    protect(
        "vouchers", "redemptions", agency="provider_id", writes="SELECT, UPDATE (settlement_id)"
    )
    protect("vouchers", "refusals", agency="provider_id", writes="SELECT")
    for signature in SIGNATURES:
        definer("vouchers", signature)


def downgrade() -> None:
    for signature in SIGNATURES:
        run_script(f"DROP FUNCTION {signature};")
    run_script("DROP TABLE redemptions, refusals;")
