"""Tills as they are: QR tokens, lost cards, holds, and 10,000 lines in one load and save."""

from __future__ import annotations

from importlib import import_module

from shared.ground.v1 import definer, protect, run_script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"

TABLES = """
ALTER TABLE cards ADD lost_on date;
CREATE TABLE card_tokens (
    card_id uuid NOT NULL REFERENCES cards,
    nth integer NOT NULL CHECK (nth > 0),
    digest bytea NOT NULL UNIQUE,
    minted_on date NOT NULL,
    valid_until_on date NOT NULL,
    closed_on date,
    area_code text NOT NULL,
    PRIMARY KEY (card_id, nth)
);
CREATE UNIQUE INDEX one_open_token ON card_tokens (card_id) WHERE closed_on IS NULL;
CREATE TABLE holds (
    id uuid PRIMARY KEY,
    card_id uuid NOT NULL,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    outlet_id uuid NOT NULL,
    item_code text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    held_on date NOT NULL,
    held_by text NOT NULL,
    expires_on date NOT NULL CHECK (expires_on >= held_on),
    ended text CHECK (ended IN ('captured', 'voided')),
    ended_on date,
    ended_by text,
    redemption_id uuid UNIQUE,
    CONSTRAINT ended_whole CHECK (num_nulls(ended, ended_on, ended_by) IN (0, 3)),
    CONSTRAINT captured_by CHECK ((ended IS NOT DISTINCT FROM 'captured')
        = (redemption_id IS NOT NULL))
);
CREATE INDEX holds_open ON holds (person_id) WHERE ended IS NULL;
CREATE INDEX holds_of_provider ON holds (provider_id, id);
ALTER TABLE redemptions
    ALTER card_id DROP NOT NULL,
    ADD channel text NOT NULL DEFAULT 'till'
        CHECK (channel IN ('till', 'batch', 'capture', 'paper')),
    ADD booked_at timestamptz NOT NULL DEFAULT clock_timestamp();
"""

# What a card in hand opens. The holder's row is locked first; all that may have changed while the
# lock was waited for (the card's end, holds, months) is read by a later statement: one winner
# whatever races. Holds end by themselves with their last day.
TILL = """
CREATE FUNCTION till(
    p_id uuid, p_digest bytea, p_outlet uuid, p_item text, p_provider text, p_day date,
    p_today date
) RETURNS TABLE (
    taken boolean, card uuid, card_closed_on date, card_lost_on date, token_until_on date,
    holder uuid, holder_area text, holder_died_on date, outlet_provider text, outlet_area text,
    standing text, category text, voucher_allowed boolean, item_published_on date, months text,
    held_fen bigint, lapsed_on date
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    SELECT c.card_id, h.person_id, h.area_code, h.died_on
        INTO card, holder, holder_area, holder_died_on
        FROM cards c JOIN holders h ON h.person_id = c.person_id
        WHERE c.digest = p_digest FOR NO KEY UPDATE OF h;
    IF card IS NULL THEN
        SELECT t.card_id, h.person_id, h.area_code, h.died_on
            INTO card, holder, holder_area, holder_died_on
            FROM card_tokens t JOIN cards c USING (card_id)
                JOIN holders h ON h.person_id = c.person_id
            WHERE t.digest = p_digest FOR NO KEY UPDATE OF h;
        SELECT coalesce(t.closed_on - 1, t.valid_until_on) INTO token_until_on
            FROM card_tokens t WHERE t.digest = p_digest;
    END IF;
    SELECT EXISTS (SELECT 1 FROM redemptions r WHERE r.id = p_id)
        OR EXISTS (SELECT 1 FROM refusals r WHERE r.id = p_id)
        OR EXISTS (SELECT 1 FROM holds r WHERE r.id = p_id),
        (SELECT CAST(json_agg(json_build_object('account_id', a.id, 'month_on', a.month_on,
                'balance_fen', a.balance_fen, 'application_id', a.application_id,
                'valid_until_on', a.valid_until_on) ORDER BY a.month_on) AS text)
            FROM ledger_accounts a
            WHERE a.kind = 'holder' AND a.person_id = holder AND a.balance_fen > 0),
        (SELECT s.standing FROM provider_standings s
            WHERE s.provider_id = p_provider AND s.from_on <= p_day
            ORDER BY s.from_on DESC, s.told_at DESC LIMIT 1),
        (SELECT CAST(coalesce(sum(r.amount_fen), 0) AS bigint) FROM holds r
            WHERE r.person_id = holder AND r.ended IS NULL AND r.expires_on >= p_today)
        INTO taken, months, standing, held_fen;
    SELECT c.closed_on, c.lost_on INTO card_closed_on, card_lost_on
        FROM cards c WHERE c.card_id = card;
    IF months IS NULL THEN
        SELECT max(a.valid_until_on) INTO lapsed_on FROM ledger_accounts a
            WHERE a.kind = 'holder' AND a.person_id = holder;
    END IF;
    SELECT o.provider_id, o.area_code INTO outlet_provider, outlet_area
        FROM outlets o WHERE o.outlet_id = p_outlet;
    SELECT i.category, i.voucher_allowed, i.published_on
        INTO category, voucher_allowed, item_published_on
        FROM items i WHERE i.item_code = p_item;
    RETURN NEXT;
END $$;
"""

# The same facts for a whole batch, each kind once. Holders are locked in one order.
TILL_BATCH = """
CREATE FUNCTION till_batch(
    p_provider text, p_ids uuid[], p_digests bytea[], p_outlets uuid[], p_items text[],
    p_today date
) RETURNS TABLE (cards text, holders text, known text, standings text, outlets text, items text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
#variable_conflict use_column
DECLARE ours uuid[]; people uuid[];
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    SELECT array_agg(DISTINCT card_id) INTO ours FROM (
        SELECT card_id FROM vouchers.cards WHERE digest = ANY(p_digests)
        UNION ALL SELECT card_id FROM card_tokens WHERE digest = ANY(p_digests)) c;
    SELECT array_agg(DISTINCT person_id) INTO people FROM vouchers.cards
        WHERE card_id = ANY(ours);
    PERFORM 1 FROM vouchers.holders h WHERE h.person_id = ANY(people)
        ORDER BY h.person_id FOR NO KEY UPDATE;
    SELECT CAST(json_agg(json_build_array(encode(k.digest, 'hex'), c.card_id, c.closed_on,
            c.lost_on, k.until_on, c.person_id)) AS text) INTO cards
        FROM (
            SELECT digest, card_id, NULL AS until_on FROM vouchers.cards
                WHERE digest = ANY(p_digests)
            UNION ALL SELECT digest, card_id, coalesce(closed_on - 1, valid_until_on)
                FROM card_tokens WHERE digest = ANY(p_digests)
        ) k JOIN vouchers.cards c USING (card_id);
    SELECT CAST(json_agg(json_build_object('person_id', h.person_id, 'area_code', h.area_code,
            'died_on', h.died_on, 'lapsed_on', a.lapsed_on, 'months', a.months,
            'held_fen', coalesce((SELECT sum(r.amount_fen) FROM holds r
                WHERE r.person_id = h.person_id AND r.ended IS NULL
                    AND r.expires_on >= p_today), 0))) AS text) INTO holders
        FROM vouchers.holders h LEFT JOIN (
            SELECT person_id, max(valid_until_on) AS lapsed_on,
                json_agg(json_build_object('account_id', id, 'month_on', month_on,
                    'balance_fen', balance_fen, 'application_id', application_id,
                    'valid_until_on', valid_until_on) ORDER BY month_on)
                    FILTER (WHERE balance_fen > 0) AS months
            FROM ledger_accounts WHERE kind = 'holder' AND person_id = ANY(people)
            GROUP BY person_id
        ) a USING (person_id) WHERE h.person_id = ANY(people);
    SELECT CAST(json_agg(k) AS text) INTO known FROM (
        SELECT id, provider_id, person_id, outlet_id, item_code, amount_fen,
            redeemed_on AS day, NULL AS code FROM redemptions WHERE id = ANY(p_ids)
        UNION ALL SELECT id, provider_id, person_id, outlet_id, item_code, amount_fen,
            NULL, code FROM refusals WHERE id = ANY(p_ids)
        UNION ALL SELECT id, '', NULL, outlet_id, item_code, amount_fen, NULL, NULL
            FROM holds WHERE id = ANY(p_ids)) k;
    SELECT CAST(json_agg(json_build_array(s.from_on, s.standing)
            ORDER BY s.from_on, s.told_at) AS text) INTO standings
        FROM provider_standings s WHERE s.provider_id = p_provider;
    SELECT CAST(json_agg(json_build_array(o.outlet_id, o.provider_id, o.area_code)) AS text)
        INTO outlets FROM vouchers.outlets o WHERE o.outlet_id = ANY(p_outlets);
    SELECT CAST(json_agg(json_build_array(i.item_code, i.category, i.voucher_allowed,
            i.published_on)) AS text) INTO items
        FROM vouchers.items i WHERE i.item_code = ANY(p_items);
    RETURN NEXT;
END $$;
"""

BOOK_BATCH = """
CREATE FUNCTION book_batch(
    p_provider text, p_channel text, p_today date, p_by text, p_ids uuid[], p_cards uuid[],
    p_people uuid[], p_applications uuid[], p_areas text[], p_outlets uuid[], p_items text[],
    p_amounts bigint[], p_days date[], c_ids uuid[], c_accounts uuid[], c_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE payable uuid; guarded integer;
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(p_ids, p_amounts) AS r(id, amount) FULL JOIN (
            SELECT id, sum(amount) AS total FROM unnest(c_ids, c_amounts) AS c(id, amount)
            GROUP BY id) c USING (id) WHERE r.amount IS DISTINCT FROM c.total) THEN
        RAISE EXCEPTION 'the charges do not make up the amounts' USING ERRCODE = '23514';
    END IF;
    UPDATE ledger_accounts a SET balance_fen = a.balance_fen - c.amount
        FROM (SELECT c.account, r.person, sum(c.amount) AS amount
            FROM unnest(c_ids, c_accounts, c_amounts) AS c(id, account, amount)
                JOIN unnest(p_ids, p_people) AS r(id, person) USING (id)
            GROUP BY c.account, r.person) c
        WHERE a.id = c.account AND a.kind = 'holder' AND a.person_id = c.person
            AND a.balance_fen >= c.amount;
    GET DIAGNOSTICS guarded = ROW_COUNT;
    IF guarded <> (SELECT count(DISTINCT account) FROM unnest(c_accounts) AS account) THEN
        RAISE EXCEPTION 'a balance does not cover its charges' USING ERRCODE = '23514';
    END IF;
    SELECT id INTO payable FROM ledger_accounts
        WHERE kind = 'provider_payable' AND agency = p_provider;
    IF payable IS NULL THEN
        INSERT INTO ledger_accounts (kind, area_code, agency)
            VALUES ('provider_payable', left(p_areas[1], 6), p_provider) ON CONFLICT DO NOTHING;
        SELECT id INTO payable FROM ledger_accounts
            WHERE kind = 'provider_payable' AND agency = p_provider;
    END IF;
    INSERT INTO redemptions (id, card_id, person_id, application_id, area_code, provider_id,
        outlet_id, item_code, amount_fen, redeemed_on, booked_on, booked_by, channel)
    SELECT r.id, r.card, r.person, r.application, r.area, p_provider, r.outlet, r.item, r.amount,
        r.day, p_today, p_by, p_channel
    FROM unnest(p_ids, p_cards, p_people, p_applications, p_areas, p_outlets, p_items, p_amounts,
        p_days) AS r(id, card, person, application, area, outlet, item, amount, day);
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, agency, occurred_on, cause)
    SELECT c.id, 'redeem', side.account, side.kind, side.sign * c.amount, a.fund, a.street_code,
        a.month_on, a.benefit_class, p_provider, r.day, c.id
    FROM unnest(c_ids, c_accounts, c_amounts) AS c(id, account, amount)
        JOIN unnest(p_ids, p_days) AS r(id, day) USING (id)
        JOIN ledger_accounts a ON a.id = c.account,
        LATERAL (VALUES (a.id, 'holder', -1), (payable, 'provider_payable', 1))
            AS side(account, kind, sign);
END $$;
CREATE FUNCTION refuse_batch(
    p_provider text, p_today date, p_by text, p_ids uuid[], p_people uuid[], p_areas text[],
    p_outlets uuid[], p_items text[], p_amounts bigint[], p_codes text[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    INSERT INTO refusals (id, person_id, area_code, provider_id, outlet_id, item_code, amount_fen,
        code, refused_on, refused_by)
    SELECT r.id, r.person, r.area, p_provider, r.outlet, r.item, r.amount, r.code, p_today, p_by
    FROM unnest(p_ids, p_people, p_areas, p_outlets, p_items, p_amounts, p_codes)
        AS r(id, person, area, outlet, item, amount, code)
    ON CONFLICT (id) DO NOTHING;
END $$;
"""
BEFORE = "till(uuid, bytea, uuid, text, text, date)"
SIGNATURES = (
    "till(uuid, bytea, uuid, text, text, date, date)",
    "till_batch(text, uuid[], bytea[], uuid[], text[], date)",
    "book_batch(text, text, date, text, uuid[], uuid[], uuid[], uuid[], text[], uuid[], text[], "
    "bigint[], date[], uuid[], uuid[], bigint[])",
    "refuse_batch(text, date, text, uuid[], uuid[], text[], uuid[], text[], bigint[], text[])",
)


def upgrade() -> None:
    run_script(TABLES + f"DROP FUNCTION {BEFORE};" + TILL + TILL_BATCH + BOOK_BATCH)
    run_script("GRANT UPDATE (lost_on) ON cards TO juyang_vouchers_app, juyang_vouchers_jobs;")
    protect(
        "vouchers",
        "card_tokens",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (closed_on, area_code)",
    )
    protect("vouchers", "holds", agency="provider_id", writes="SELECT")
    for signature in SIGNATURES:
        definer("vouchers", signature)


def downgrade() -> None:
    for signature in SIGNATURES:
        run_script(f"DROP FUNCTION {signature};")
    run_script("""
        ALTER TABLE redemptions ALTER card_id SET NOT NULL, DROP channel, DROP booked_at;
        ALTER TABLE cards DROP lost_on;
        DROP TABLE holds, card_tokens;
    """)
    run_script(import_module("services.vouchers.migrations.versions.0007_redemptions").TILL)
    definer("vouchers", BEFORE)
