"""What a counter may do with devices and their money, as the functions that 0020 makes."""

from __future__ import annotations

# A counter sees one award at a time, by its id on the notice that the person brings. The tender
# is locked first, then the holder and the money; what they guard is read by later statements.
AT_THE_COUNTER = """
CREATE FUNCTION device_counter(
    p_id uuid, p_tender uuid, p_award uuid, p_serial text, p_programme text, p_provider text,
    p_day date
) RETURNS TABLE (
    taken boolean, tender_provider text, tender_outcome text, from_on date, to_on date,
    list_price_fen bigint, user_price_fen bigint, quota integer, sold integer, standing text,
    person uuid, area text, starts_on date, ended_on date, died_on date, has_one boolean,
    serial_sold boolean, sources text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this counter belongs to another provider' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM device_tenders t WHERE t.id = p_tender FOR NO KEY UPDATE;
    SELECT t.provider_id, t.outcome, t.from_on, t.to_on, t.list_price_fen, t.user_price_fen,
            t.quota, t.sold
        INTO tender_provider, tender_outcome, from_on, to_on, list_price_fen, user_price_fen,
            quota, sold
        FROM device_tenders t WHERE t.id = p_tender;
    PERFORM 1 FROM entitlements e JOIN holders h ON h.person_id = e.person_id
        WHERE e.award_id = p_award FOR NO KEY UPDATE OF h;
    SELECT e.person_id, e.area_code, e.starts_on, e.ended_on, h.died_on
        INTO person, area, starts_on, ended_on, died_on
        FROM entitlements e JOIN holders h ON h.person_id = e.person_id
        WHERE e.award_id = p_award AND e.programme = p_programme;
    PERFORM 1 FROM ledger_accounts l JOIN allocations a ON a.id = l.allocation_id
        WHERE l.kind = 'allocation' AND a.purpose = 'device_subsidies'
        ORDER BY l.id FOR NO KEY UPDATE OF l;
    SELECT EXISTS (SELECT 1 FROM device_sales s WHERE s.id = p_id),
        EXISTS (SELECT 1 FROM device_sales s WHERE s.person_id = person AND s.returned_on IS NULL),
        EXISTS (SELECT 1 FROM device_sales s WHERE s.serial_no = p_serial
            AND s.returned_on IS NULL),
        (SELECT n.standing FROM provider_standings n
            WHERE n.provider_id = p_provider AND n.from_on <= p_day
            ORDER BY n.from_on DESC, n.told_at DESC LIMIT 1),
        (SELECT CAST(json_agg(json_build_object('allocation_id', a.id, 'account_id', l.id,
                'fund', l.fund, 'balance_fen', l.balance_fen) ORDER BY a.signed_on, l.id) AS text)
            FROM ledger_accounts l JOIN allocations a ON a.id = l.allocation_id
            WHERE l.kind = 'allocation' AND a.purpose = 'device_subsidies' AND l.balance_fen > 0)
        INTO taken, has_one, serial_sold, standing, sources;
    RETURN NEXT;
END $$;
CREATE FUNCTION book_device(
    p_id uuid, p_tender uuid, p_award uuid, p_serial text, p_provider text, p_day date, p_by text,
    p_until date, p_accounts uuid[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE guarded integer; subsidy bigint; area text;
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this counter belongs to another provider' USING ERRCODE = '42501';
    END IF;
    UPDATE device_tenders SET sold = sold + 1
        WHERE id = p_tender AND provider_id = p_provider AND outcome = 'approved'
        RETURNING subsidy_fen INTO subsidy;
    IF subsidy IS DISTINCT FROM (SELECT sum(amount) FROM unnest(p_amounts) AS amount) THEN
        RAISE EXCEPTION 'the parts do not make up the subsidy' USING ERRCODE = '23514';
    END IF;
    INSERT INTO device_sales (id, tender_id, award_id, person_id, area_code, provider_id,
        serial_no, list_price_fen, user_price_fen, subsidy_fen, sold_on, sold_by,
        returnable_until_on)
    SELECT p_id, p_tender, p_award, e.person_id, e.area_code, p_provider, p_serial,
        t.list_price_fen, t.user_price_fen, t.subsidy_fen, p_day, p_by, p_until
    FROM entitlements e, device_tenders t WHERE e.award_id = p_award AND t.id = p_tender
    RETURNING area_code INTO area;
    INSERT INTO payouts (id, kind, area_code, agency, amount_fen, ordered_on, due_from_on)
        VALUES (p_id, 'device', area, p_provider, subsidy, p_day, p_until + 1);
    UPDATE ledger_accounts l SET balance_fen = l.balance_fen - d.amount
        FROM unnest(p_accounts, p_amounts) AS d(account, amount)
        WHERE l.id = d.account AND l.kind = 'allocation' AND l.balance_fen >= d.amount;
    GET DIAGNOSTICS guarded = ROW_COUNT;
    IF guarded <> cardinality(p_accounts) THEN
        RAISE EXCEPTION 'an allocation does not cover its part' USING ERRCODE = '23514';
    END IF;
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        agency, occurred_on, cause)
    SELECT p_id, 'subsidy', side.account, side.kind, side.sign * d.amount, l.fund, left(area, 9),
        p_provider, p_day, p_id
    FROM unnest(p_accounts, p_amounts) AS d(account, amount)
        JOIN ledger_accounts l ON l.id = d.account
        JOIN ledger_accounts s ON s.kind = 'subsidies' AND s.fund = l.fund,
        LATERAL (VALUES (l.id, 'allocation', -1), (s.id, 'subsidies', 1))
            AS side(account, kind, sign);
END $$;
CREATE FUNCTION return_device(
    p_id uuid, p_set uuid, p_provider text, p_day date, p_by text, p_reason text
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE sale device_sales; paid date;
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this counter belongs to another provider' USING ERRCODE = '42501';
    END IF;
    SELECT * INTO sale FROM device_sales s WHERE s.id = p_id AND s.provider_id = p_provider;
    IF sale.id IS NULL THEN RETURN 'unknown_sale'; END IF;
    PERFORM 1 FROM device_tenders t WHERE t.id = sale.tender_id FOR NO KEY UPDATE;
    SELECT * INTO sale FROM device_sales s WHERE s.id = p_id FOR UPDATE;
    SELECT o.paid_on INTO paid FROM payouts o WHERE o.id = p_id FOR UPDATE;
    IF sale.returned_on IS NOT NULL THEN RETURN 'returned_already'; END IF;
    IF p_day > sale.returnable_until_on OR paid IS NOT NULL THEN RETURN 'too_late'; END IF;
    UPDATE device_sales SET returned_on = p_day, returned_by = p_by, return_reason = p_reason
        WHERE id = p_id;
    UPDATE device_tenders SET sold = sold - 1 WHERE id = sale.tender_id;
    UPDATE payouts SET void_on = p_day WHERE id = p_id;
    UPDATE ledger_accounts l SET balance_fen = l.balance_fen - p.amount_fen
        FROM postings p WHERE p.set_id = p_id AND p.account_kind = 'allocation'
            AND l.id = p.account_id;
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        agency, occurred_on, cause)
    SELECT p_set, act, account_id, account_kind, -amount_fen, fund, street_code, agency, p_day,
        cause
    FROM postings WHERE set_id = p_id;
    RETURN 'returned';
END $$;
"""
