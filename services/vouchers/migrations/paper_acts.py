"""What the books and the tills do to paper, as the functions that 0017 makes."""

from __future__ import annotations

# A month is on paper from the transaction that issues it. What the books expire or revoke ends
# its serials; the second approval of a statement settles those that came back.
FOLLOWING = """
CREATE FUNCTION issue_on_paper() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE town text;
BEGIN
    SELECT c.scheme INTO town FROM scheme_choices c
        WHERE c.programme = NEW.programme AND c.person_id IS NULL
            AND c.from_month_on <= NEW.month_on
        ORDER BY c.from_month_on DESC, c.nth DESC LIMIT 1;
    WITH own AS MATERIALIZED (
        SELECT DISTINCT ON (c.person_id) c.person_id, c.scheme FROM scheme_choices c
        WHERE c.programme = NEW.programme AND c.person_id IS NOT NULL
            AND c.from_month_on <= NEW.month_on
        ORDER BY c.person_id, c.from_month_on DESC, c.nth DESC
    )
    UPDATE ledger_accounts a SET scheme = 'paper'
    FROM own WHERE own.scheme = 'paper' AND a.kind = 'holder' AND a.person_id = own.person_id
        AND a.programme = NEW.programme AND a.month_on = NEW.month_on AND a.run_id = NEW.id;
    IF town = 'paper' THEN
        UPDATE ledger_accounts a SET scheme = 'paper'
        WHERE a.kind = 'holder' AND a.run_id = NEW.id AND a.scheme = 'account'
            AND NOT EXISTS (SELECT 1 FROM scheme_choices c
                WHERE c.programme = NEW.programme AND c.person_id = a.person_id
                    AND c.from_month_on <= NEW.month_on);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER issue_on_paper AFTER UPDATE OF approved_on ON issue_runs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.approved_on IS NULL AND NEW.approved_on IS NOT NULL)
    EXECUTE FUNCTION issue_on_paper();

CREATE FUNCTION end_paper() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    UPDATE paper_serials SET state = CASE NEW.act WHEN 'expire' THEN 'expired' ELSE 'void' END,
        state_on = NEW.occurred_on, state_by = 'ledger', state_cause = NEW.cause
    WHERE account_id = NEW.account_id AND state IN ('generated', 'handed_out', 'lost');
    RETURN NULL;
END $$;
CREATE TRIGGER end_paper AFTER INSERT ON postings FOR EACH ROW
    WHEN (NEW.account_kind = 'holder' AND NEW.act IN ('expire', 'revoke') AND NEW.amount_fen < 0)
    EXECUTE FUNCTION end_paper();

CREATE FUNCTION settle_paper() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    UPDATE paper_serials s SET state = 'settled', state_on = NEW.second_on,
        state_by = NEW.second_by, state_cause = NEW.id
    FROM redemptions r WHERE r.settlement_id = NEW.id AND r.channel = 'paper'
        AND s.redemption_id = r.id AND s.state = 'recollected';
    RETURN NULL;
END $$;
CREATE TRIGGER settle_paper AFTER UPDATE OF second_on ON settlements FOR EACH ROW
    WHEN (OLD.second_on IS NULL AND NEW.second_on IS NOT NULL)
    EXECUTE FUNCTION settle_paper();
"""

# A till sees the paper that it has in hand, and nothing else of its holder. Holders are locked
# first and in order, as by a card; the serials are read by a later statement.
AT_TILL = """
CREATE FUNCTION paper_hand(p_digests bytea[], p_provider text) RETURNS TABLE (
    state text, person_id uuid, area_code text, died_on date, account_id uuid, month_on date,
    valid_until_on date, amount_fen bigint, application_id uuid
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    PERFORM 1 FROM holders h WHERE h.person_id IN (
        SELECT m.person_id FROM paper_serials s JOIN paper_months m ON m.account_id = s.account_id
        WHERE s.digest = ANY(p_digests)) ORDER BY h.person_id FOR NO KEY UPDATE;
    PERFORM 1 FROM paper_serials s WHERE s.digest = ANY(p_digests) ORDER BY s.id FOR UPDATE;
    RETURN QUERY SELECT s.state, h.person_id, h.area_code, h.died_on, a.id, a.month_on,
        a.valid_until_on, s.amount_fen, a.application_id
    FROM paper_serials s JOIN ledger_accounts a ON a.id = s.account_id
        JOIN holders h ON h.person_id = a.person_id
    WHERE s.digest = ANY(p_digests) ORDER BY a.month_on, s.id;
END $$;
CREATE FUNCTION spend_paper(
    p_digests bytea[], p_redemption uuid, p_provider text, p_day date, p_by text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouchers, pg_temp AS $$
DECLARE guarded integer;
BEGIN
    IF scope_agency() NOT IN ('', p_provider) THEN
        RAISE EXCEPTION 'this till belongs to another provider' USING ERRCODE = '42501';
    END IF;
    UPDATE paper_serials SET state = 'used', state_on = p_day, state_by = p_by,
        state_cause = p_redemption, redemption_id = p_redemption
    WHERE digest = ANY(p_digests) AND state = 'handed_out';
    GET DIAGNOSTICS guarded = ROW_COUNT;
    IF guarded <> cardinality(p_digests) THEN
        RAISE EXCEPTION 'a serial is not in its holder''s hand' USING ERRCODE = '23514';
    END IF;
END $$;
"""
