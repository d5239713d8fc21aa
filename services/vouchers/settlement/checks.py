"""What the vouchers service proves of its money: everything recomputed from the postings."""

from __future__ import annotations

from services.vouchers.ledger.chain import said
from services.vouchers.ledger.domain import not_conserved
from services.vouchers.ledger.seals_store import Seals
from services.vouchers.ledger.store import Ledger
from services.vouchers.settlement.reconciliation_checks import PAID
from shared.verification import Check, counted
from shared.work import Work

# Each statement answers with two columns: how many things were looked at, and how many are off.
COUNTED = {
    "posting_sets_sum_to_zero": """
        SELECT count(*), count(*) FILTER (WHERE total <> 0)
        FROM (SELECT sum(amount_fen) AS total FROM postings GROUP BY set_id) s""",
    "postings_in_their_accounts": """
        SELECT count(*), count(*) FILTER (WHERE a.id IS NULL OR a.kind <> p.account_kind
            OR a.fund <> p.fund OR (a.kind = 'holder' AND (a.month_on <> p.month_on
            OR a.street_code <> p.street_code OR a.benefit_class <> p.benefit_class)))
        FROM postings p LEFT JOIN ledger_accounts a ON a.id = p.account_id""",
    "balances_are_recomputed": """
        SELECT count(*), count(*) FILTER (WHERE a.balance_fen <> coalesce(p.total, 0))
        FROM ledger_accounts a LEFT JOIN (
            SELECT account_id, sum(amount_fen) AS total FROM postings GROUP BY account_id
        ) p ON p.account_id = a.id
        WHERE a.balance_fen IS NOT NULL""",
    # A provider may owe what was given back after it was settled, until the next statement.
    "no_balance_is_negative": """
        SELECT count(*), count(*) FILTER (WHERE total + given_back < 0)
        FROM (SELECT sum(amount_fen) AS total, coalesce(-sum(amount_fen) FILTER (
                WHERE act IN ('refund', 'recover') AND account_kind = 'provider_payable'), 0)
                AS given_back
            FROM postings WHERE account_kind <> 'fund' GROUP BY account_id) a""",
    "journal_lies_in_its_months": """
        SELECT count(*), count(*) FROM postings_other""",
    "one_voucher_a_month": """
        SELECT count(*), count(*) FILTER (WHERE n > 1)
        FROM (SELECT count(*) AS n FROM ledger_accounts WHERE kind = 'holder'
            GROUP BY person_id, programme, month_on) v""",
    "issued_once": """
        SELECT count(*), count(*) FILTER (WHERE n > 1)
        FROM (SELECT count(*) AS n FROM postings WHERE act IN ('issue', 'backpay')
            AND account_kind = 'holder' GROUP BY account_id) v""",
    "redemptions_are_booked": """
        SELECT count(*), count(*) FILTER (WHERE r.amount_fen IS DISTINCT FROM p.total)
        FROM redemptions r FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act = 'redeem' AND account_kind = 'provider_payable' GROUP BY cause
        ) p ON p.cause = r.id""",
    "allocations_are_signed": """
        SELECT count(*), count(*) FILTER (WHERE a.signed_on IS NULL
            OR a.amount_fen IS DISTINCT FROM p.total)
        FROM allocations a FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act = 'allocate' AND account_kind = 'allocation' GROUP BY cause
        ) p ON p.cause = a.id WHERE p.cause IS NOT NULL OR a.signed_on IS NOT NULL""",
    "runs_issued_what_they_say": """
        SELECT count(*), count(*) FILTER (WHERE CAST(r.issued ->> 'total_fen' AS bigint)
            IS DISTINCT FROM coalesce(p.total, 0))
        FROM (SELECT * FROM issue_runs WHERE approved_on IS NOT NULL) r FULL JOIN (
            SELECT cause, sum(amount_fen) AS total FROM postings
            WHERE act = 'issue' AND account_kind = 'holder' GROUP BY cause
        ) p ON p.cause = r.id""",
}


async def money_checks(work: Work) -> list[Check]:
    """Every law of the books, over all areas."""
    checks = await counted(work, {**COUNTED, **PAID})
    ledger = Ledger(work)
    for cut, values in (await ledger.totals()).items():
        wrong = not_conserved(list(values.items()))
        checks.append(
            Check(
                name=f"conserved_by_{cut}",
                ok=not wrong,
                checked=len(values),
                detail=", ".join(wrong),
            )
        )
    providers = await ledger.providers()
    wrong = [
        row["provider_id"]
        for row in providers
        if row["redeemed_fen"] != row["settled_fen"] + row["recovered_fen"] + row["payable_fen"]
        or row["payable_fen"] + row["refunded_fen"] + row["recovered_fen"] < 0
    ]
    checks.append(
        Check(
            name="providers_settled_or_payable",
            ok=not wrong,
            checked=len(providers),
            detail=", ".join(wrong),
        )
    )
    sealed, flaws = await Seals(work).verify()
    checks.append(Check(name="journal_chain", ok=not flaws, checked=sealed, detail=said(flaws)))
    return checks
