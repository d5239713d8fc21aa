"""Holds ended, money given back, lost cards, and what looks odd: for tills, streets and finance."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"

TABLES = """
CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    redemption_id uuid NOT NULL REFERENCES redemptions,
    person_id uuid NOT NULL,
    application_id uuid,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL CHECK (reason <> ''),
    refunded_on date NOT NULL,
    refunded_by text NOT NULL
);
CREATE INDEX refunds_of_redemption ON refunds (redemption_id);
CREATE INDEX refunds_of_provider ON refunds (provider_id, id);
CREATE TABLE card_losses (
    id uuid PRIMARY KEY,
    card_id uuid NOT NULL REFERENCES cards,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    reported_by text NOT NULL,
    reported_on date NOT NULL,
    taken_by text NOT NULL,
    write_until_on date NOT NULL,
    written_on date,
    written_by text,
    ended text CHECK (ended IN ('found', 'replaced')),
    ended_on date,
    ended_by text,
    new_card_id uuid,
    CONSTRAINT written_whole CHECK (num_nulls(written_on, written_by) IN (0, 2)),
    CONSTRAINT ended_whole CHECK (num_nulls(ended, ended_on, ended_by) IN (0, 3)),
    CONSTRAINT replaced_in_writing CHECK (ended IS DISTINCT FROM 'replaced'
        OR (written_on IS NOT NULL AND new_card_id IS NOT NULL))
);
CREATE UNIQUE INDEX one_open_loss ON card_losses (card_id) WHERE ended IS NULL;
CREATE TABLE suspicions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    pattern text NOT NULL CHECK (pattern IN ('crowd_at_outlet', 'busy_outlet', 'busy_holder',
        'after_death', 'before_expiry')),
    provider_id text NOT NULL,
    outlet_id uuid,
    person_id uuid,
    area_code text NOT NULL,
    seen_on date NOT NULL,
    seen_at timestamptz,
    redemptions integer NOT NULL,
    holders integer NOT NULL,
    amount_fen bigint NOT NULL,
    evidence uuid[] NOT NULL,
    found_on date NOT NULL,
    finding text CHECK (finding IN ('cleared', 'confirmed')),
    reason text,
    decided_on date,
    decided_by text,
    UNIQUE NULLS NOT DISTINCT (pattern, outlet_id, person_id, seen_on, seen_at),
    CONSTRAINT decided_whole CHECK (num_nulls(finding, reason, decided_on, decided_by) IN (0, 4))
);
CREATE INDEX suspicions_open ON suspicions (id) WHERE finding IS NULL;
CREATE INDEX redemptions_booked ON redemptions USING brin (booked_on);
"""

HOLDS = """
CREATE FUNCTION book_hold(
    p_id uuid, p_card uuid, p_person uuid, p_area text, p_provider text, p_outlet uuid,
    p_item text, p_amount bigint, p_expires date, p_today date, p_by text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    INSERT INTO holds (id, card_id, person_id, area_code, provider_id, outlet_id, item_code,
        amount_fen, held_on, held_by, expires_on)
    VALUES (p_id, p_card, p_person, p_area, p_provider, p_outlet, p_item, p_amount, p_today,
        p_by, p_expires);
    IF (SELECT sum(h.amount_fen) FROM holds h WHERE h.person_id = p_person AND h.ended IS NULL
            AND h.expires_on >= p_today)
        > (SELECT sum(a.balance_fen) FROM ledger_accounts a
            WHERE a.kind = 'holder' AND a.person_id = p_person) THEN
        RAISE EXCEPTION 'a balance does not cover its holds' USING ERRCODE = '23514';
    END IF;
END $$;
CREATE FUNCTION hold_of(p_hold uuid, p_provider text) RETURNS TABLE (
    id uuid, digest bytea, outlet_id uuid, item_code text, amount_fen bigint, expires_on date,
    ended text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM holders p WHERE p.person_id = (SELECT h.person_id FROM holds h
        WHERE h.id = p_hold AND h.provider_id = p_provider) FOR NO KEY UPDATE;
    RETURN QUERY SELECT h.id, c.digest, h.outlet_id, h.item_code, h.amount_fen, h.expires_on,
            h.ended
        FROM holds h JOIN cards c ON c.card_id = h.card_id
        WHERE h.id = p_hold AND h.provider_id = p_provider;
END $$;
CREATE FUNCTION end_hold(
    p_hold uuid, p_provider text, p_end text, p_redemption uuid, p_today date, p_by text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    UPDATE holds SET ended = p_end, ended_on = p_today, ended_by = p_by,
            redemption_id = p_redemption
        WHERE id = p_hold AND provider_id = p_provider AND ended IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this hold has ended' USING ERRCODE = '23514';
    END IF;
    UPDATE redemptions SET channel = 'capture' WHERE id = p_redemption;
END $$;
"""

# The holder first, then the redemption: nobody spends, dies or lapses while money comes back.
REFUNDS = """
CREATE FUNCTION refund_of(p_id uuid, p_redemption uuid) RETURNS TABLE (
    taken boolean, redemption_id uuid, person_id uuid, application_id uuid, area_code text,
    provider_id text, amount_fen bigint, redeemed_on date, settled boolean, died_on date,
    refunded_fen bigint, channel text, parts text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM holders h WHERE h.person_id = (SELECT person_id FROM redemptions
        WHERE id = p_redemption) FOR NO KEY UPDATE;
    PERFORM 1 FROM redemptions WHERE id = p_redemption FOR NO KEY UPDATE;
    RETURN QUERY SELECT EXISTS (SELECT 1 FROM refunds WHERE id = p_id),
        r.id, r.person_id, r.application_id, r.area_code, r.provider_id, r.amount_fen,
        r.redeemed_on, r.settlement_id IS NOT NULL, h.died_on,
        -- What was recovered from the provider is given back already.
        CAST(r.amount_fen - coalesce((SELECT sum(p.amount_fen) FROM postings p
            WHERE p.account_kind = 'provider_payable' AND p.cause = r.id
                AND (p.act = 'redeem' OR p.act IN ('refund', 'recover'))), 0) AS bigint),
        r.channel,
        (SELECT CAST(json_agg(json_build_object('account_id', c.account_id,
                'month_on', a.month_on, 'valid_until_on', a.valid_until_on,
                'left_fen', c.left_fen) ORDER BY a.month_on DESC) AS text)
            FROM (SELECT p.account_id, -sum(p.amount_fen) AS left_fen FROM postings p
                WHERE p.account_kind = 'holder' AND ((p.act = 'redeem' AND p.cause = r.id)
                    OR (p.act = 'refund' AND p.set_id IN (SELECT id FROM refunds
                        WHERE redemption_id = r.id)))
                GROUP BY p.account_id) c JOIN ledger_accounts a ON a.id = c.account_id)
    FROM redemptions r JOIN holders h ON h.person_id = r.person_id
    WHERE r.id = p_redemption AND scope_agency() IN ('', r.provider_id);
END $$;
CREATE FUNCTION book_refund(
    p_id uuid, p_redemption uuid, p_amount bigint, p_reason text, p_today date, p_by text,
    p_accounts uuid[], p_amounts bigint[], p_ends text[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE r redemptions; payable uuid; ended uuid := uuidv7();
BEGIN
    SELECT * INTO STRICT r FROM redemptions WHERE id = p_redemption;
    IF scope_agency() NOT IN ('', r.provider_id) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    IF p_amount <> (SELECT sum(amount) FROM unnest(p_amounts) AS amount) THEN
        RAISE EXCEPTION 'the parts do not make up the amount' USING ERRCODE = '23514';
    END IF;
    INSERT INTO refunds (id, redemption_id, person_id, application_id, area_code, provider_id,
        amount_fen, reason, refunded_on, refunded_by)
    VALUES (p_id, r.id, r.person_id, r.application_id, r.area_code, r.provider_id, p_amount,
        p_reason, p_today, p_by);
    IF r.amount_fen < (SELECT sum(amount_fen) FROM refunds WHERE redemption_id = r.id) THEN
        RAISE EXCEPTION 'more is given back than was spent' USING ERRCODE = '23514';
    END IF;
    UPDATE ledger_accounts a SET balance_fen = a.balance_fen + c.amount
        FROM unnest(p_accounts, p_amounts, p_ends) AS c(account, amount, end_act)
        WHERE a.id = c.account AND a.person_id = r.person_id AND c.end_act = '';
    SELECT id INTO STRICT payable FROM ledger_accounts
        WHERE kind = 'provider_payable' AND agency = r.provider_id;
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, agency, occurred_on, cause)
    SELECT p_id, 'refund', side.account, side.kind, side.sign * c.amount, a.fund, a.street_code,
        a.month_on, a.benefit_class, r.provider_id, p_today, r.id
    FROM unnest(p_accounts, p_amounts) AS c(account, amount)
        JOIN ledger_accounts a ON a.id = c.account AND a.person_id = r.person_id,
        LATERAL (VALUES (payable, 'provider_payable', -1), (a.id, 'holder', 1))
            AS side(account, kind, sign);
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, occurred_on, cause)
    SELECT ended, c.end_act, side.account, side.kind, side.sign * c.amount, a.fund,
        a.street_code, a.month_on, a.benefit_class, p_today, p_id
    FROM unnest(p_accounts, p_amounts, p_ends) AS c(account, amount, end_act)
        JOIN ledger_accounts a ON a.id = c.account
        JOIN ledger_accounts t ON t.kind = c.end_act || 'd' AND t.fund = a.fund,
        LATERAL (VALUES (a.id, 'holder', -1), (t.id, t.kind, 1)) AS side(account, kind, sign)
    WHERE c.end_act <> '';
END $$;
"""
SIGNATURES = (
    "book_hold(uuid, uuid, uuid, text, text, uuid, text, bigint, date, date, text)",
    "hold_of(uuid, text)",
    "end_hold(uuid, text, text, uuid, date, text)",
    "refund_of(uuid, uuid)",
    "book_refund(uuid, uuid, bigint, text, date, text, uuid[], bigint[], text[])",
)


def upgrade() -> None:
    run_script(TABLES + HOLDS + REFUNDS)
    for signature in SIGNATURES:
        definer("vouchers", signature)
    protect("vouchers", "refunds", agency="provider_id", writes="SELECT")
    protect(
        "vouchers",
        "card_losses",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (area_code, written_on, written_by, ended, ended_on, "
        "ended_by, new_card_id)",
    )
    protect(
        "vouchers",
        "suspicions",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (redemptions, holders, amount_fen, evidence, finding, "
        "reason, decided_on, decided_by)",
    )


def downgrade() -> None:
    for signature in SIGNATURES:
        run_script(f"DROP FUNCTION {signature};")
    run_script("""
        DROP INDEX redemptions_booked;
        DROP TABLE refunds, card_losses, suspicions;
    """)
