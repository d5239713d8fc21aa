"""Tills may decide on what they see without a lock; the booking looks again, under the lock."""

from __future__ import annotations

from importlib import import_module

from shared.ground.v1 import definer, run_script

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# All that a redemption is decided on, as one text: two looks are compared word for word. Stable:
# one snapshot for all of it. Holds end by themselves with their last day.
FACTS = """
CREATE FUNCTION till_facts(
    p_id uuid, p_digest bytea, p_outlet uuid, p_item text, p_provider text, p_day date,
    p_today date
) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = vouchers, pg_temp
SET plan_cache_mode = 'force_generic_plan' AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    RETURN (SELECT CAST(json_build_object(
        'taken', EXISTS (SELECT 1 FROM redemptions r WHERE r.id = p_id)
            OR EXISTS (SELECT 1 FROM refusals r WHERE r.id = p_id)
            OR EXISTS (SELECT 1 FROM holds r WHERE r.id = p_id),
        'card', shown.card_id, 'card_closed_on', shown.closed_on, 'card_lost_on', shown.lost_on,
        'token_until_on', shown.until_on,
        'holder', shown.person_id, 'holder_area', shown.area_code,
        'holder_died_on', shown.died_on,
        'months', purse.months,
        'lapsed_on', CASE WHEN purse.months IS NULL THEN purse.until_on END,
        'held_fen', (SELECT coalesce(sum(r.amount_fen), 0) FROM holds r
            WHERE r.person_id = shown.person_id AND r.ended IS NULL AND r.expires_on >= p_today),
        'standing', (SELECT s.standing FROM provider_standings s
            WHERE s.provider_id = p_provider AND s.from_on <= p_day
            ORDER BY s.from_on DESC, s.told_at DESC LIMIT 1),
        'outlet_provider', o.provider_id, 'outlet_area', o.area_code,
        'category', i.category, 'voucher_allowed', i.voucher_allowed,
        'item_published_on', i.published_on) AS text)
    FROM (VALUES (0)) AS one LEFT JOIN (
            SELECT c.card_id, c.closed_on, c.lost_on, k.until_on, h.person_id, h.area_code,
                h.died_on
            FROM (SELECT card_id, NULL AS until_on FROM cards WHERE digest = p_digest
                UNION ALL SELECT card_id, coalesce(closed_on - 1, valid_until_on)
                    FROM card_tokens WHERE digest = p_digest LIMIT 1) k
                JOIN cards c USING (card_id) JOIN holders h USING (person_id)
        ) shown ON true
        LEFT JOIN LATERAL (
            SELECT max(a.valid_until_on) AS until_on,
                json_agg(json_build_object('account_id', a.id, 'month_on', a.month_on,
                    'balance_fen', a.balance_fen, 'application_id', a.application_id,
                    'valid_until_on', a.valid_until_on) ORDER BY a.month_on, a.id)
                    FILTER (WHERE a.balance_fen > 0) AS months
            FROM ledger_accounts a
            WHERE a.kind = 'holder' AND a.scheme = 'account' AND a.person_id = shown.person_id
        ) purse ON true
        LEFT JOIN outlets o ON o.outlet_id = p_outlet
        LEFT JOIN items i ON i.item_code = p_item);
END $$;
"""

# The holder is locked first; all that may have changed while the lock was waited for is read by a
# later statement: one winner whatever races.
LOCKED = """
CREATE FUNCTION till_locked(
    p_id uuid, p_digest bytea, p_outlet uuid, p_item text, p_provider text, p_day date,
    p_today date
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    PERFORM 1 FROM holders h WHERE h.person_id = (
            SELECT person_id FROM cards WHERE digest = p_digest
            UNION ALL SELECT c.person_id FROM card_tokens t JOIN cards c USING (card_id)
                WHERE t.digest = p_digest LIMIT 1)
        FOR NO KEY UPDATE;
    RETURN till_facts(p_id, p_digest, p_outlet, p_item, p_provider, p_day, p_today);
END $$;
"""

# Serialization failure is the standard's word for it: nothing is booked, decide again. So it is
# where a request's key is not its own to use, and where a provider sells for the first time: his
# account is opened by `book_redemption`. One plan for all: making one for each few sales costs
# more than running it; and one that goes by keys, however young the tables are when it is made.
BOOK = """
CREATE FUNCTION book_sales(
    p_fresh boolean, p_provider text, p_today date, p_by text, p_digests bytea[], p_seen text[],
    p_ids uuid[], p_cards uuid[], p_people uuid[], p_applications uuid[], p_areas text[],
    p_outlets uuid[], p_items text[], p_amounts bigint[], p_days date[],
    c_ids uuid[], c_people uuid[], c_accounts uuid[], c_amounts bigint[], c_days date[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE sides integer;
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    IF NOT p_fresh THEN
        RAISE EXCEPTION 'a key was taken meanwhile' USING ERRCODE = '40001';
    END IF;
    PERFORM 1 FROM holders WHERE person_id = ANY(p_people) ORDER BY person_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM unnest(p_ids, p_digests, p_outlets, p_items, p_days, p_seen)
            AS s (id, digest, outlet, item, day, seen)
            WHERE till_facts(s.id, s.digest, s.outlet, s.item, p_provider, s.day, p_today)
                IS DISTINCT FROM s.seen)
        OR EXISTS (SELECT 1 FROM unnest(p_people) AS person GROUP BY person HAVING count(*) > 1)
    THEN
        RAISE EXCEPTION 'what was decided on has changed' USING ERRCODE = '40001';
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(p_ids, p_amounts) AS r (id, amount)
        WHERE r.amount IS DISTINCT FROM (SELECT sum(c.amount)
            FROM unnest(c_ids, c_amounts) AS c (id, amount) WHERE c.id = r.id))
    THEN
        RAISE EXCEPTION 'the charges do not make up the amounts' USING ERRCODE = '23514';
    END IF;
    WITH spent AS (
        UPDATE ledger_accounts a SET balance_fen = a.balance_fen - c.amount
        FROM unnest(c_ids, c_people, c_accounts, c_amounts, c_days)
                AS c (sale, person, account, amount, day), ledger_accounts p
        WHERE a.id = c.account AND a.person_id = c.person AND a.balance_fen >= c.amount
            AND p.kind = 'provider_payable' AND p.agency = p_provider
        RETURNING c.sale, c.day, c.amount, a.id, a.kind, a.fund, a.street_code, a.month_on,
            a.benefit_class, p.id AS payable
    ), sold AS (
        INSERT INTO redemptions (id, card_id, person_id, application_id, area_code, provider_id,
            outlet_id, item_code, amount_fen, redeemed_on, booked_on, booked_by)
        SELECT r.id, r.card, r.person, r.application, r.area, p_provider, r.outlet, r.item,
            r.amount, r.day, p_today, p_by
        FROM unnest(p_ids, p_cards, p_people, p_applications, p_areas, p_outlets, p_items,
            p_amounts, p_days)
            AS r (id, card, person, application, area, outlet, item, amount, day)
    )
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, agency, occurred_on, cause)
    SELECT s.sale, 'redeem', side.account, side.kind, side.sign * s.amount, s.fund, s.street_code,
        s.month_on, s.benefit_class, p_provider, s.day, s.sale
    FROM spent s, LATERAL (VALUES (s.id, 'holder', -1), (s.payable, 'provider_payable', 1))
        AS side (account, kind, sign)
    WHERE s.kind = 'holder';
    GET DIAGNOSTICS sides = ROW_COUNT;
    IF sides <> 2 * cardinality(c_accounts) THEN
        RAISE EXCEPTION 'a balance does not cover its charge, or nobody is to be paid'
            USING ERRCODE = '40001';
    END IF;
END $$;
"""
LOOK = "uuid, bytea, uuid, text, text, date, date"
BEFORE = f"till({LOOK})"
SIGNATURES = (
    f"till_facts({LOOK})",
    f"till_locked({LOOK})",
    "book_sales(boolean, text, date, text, bytea[], text[], uuid[], uuid[], uuid[], uuid[], "
    "text[], uuid[], text[], bigint[], date[], uuid[], uuid[], uuid[], bigint[], date[])",
)


def upgrade() -> None:
    run_script(f"DROP FUNCTION {BEFORE};" + FACTS + LOCKED + BOOK)
    for signature in SIGNATURES:
        definer("vouchers", signature)


def downgrade() -> None:
    for signature in SIGNATURES:
        run_script(f"DROP FUNCTION {signature};")
    before = import_module("services.vouchers.migrations.versions.0017_paper")
    run_script(before.TILLS.TILL.replace(*before.MONTHS_OF_CARDS[0]))
    definer("vouchers", BEFORE)
