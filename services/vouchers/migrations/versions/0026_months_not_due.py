"""A refund tells which months were not due; a case may take over what a later letter adds to it."""

from __future__ import annotations

from importlib import import_module

from shared.ground.v1 import roles, run_script, share

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BEFORE = import_module("services.vouchers.migrations.versions.0022_refunds_after_reclaims")
PART = "'month_on', a.month_on, 'valid_until_on', a.valid_until_on,"
# A month after the award's end was not due: what comes back to it is nobody's to spend again.
PART_NOT_DUE = f"""{PART}
                'not_due', EXISTS (SELECT 1 FROM reclaim_lines l
                    JOIN reclaim_cases s ON s.id = l.case_id AND s.reason = 'not_due'
                    WHERE l.redemption_id = r.id AND a.month_on > l.months_after),"""
WIDENED = "UPDATE (case_id, months_after, amount_fen)"


def _refund_of(part: str) -> str:
    script: str = BEFORE.LOAD
    script = script[script.index("CREATE FUNCTION refund_of") :]
    assert PART in script
    return script.replace("CREATE", "CREATE OR REPLACE").replace(PART, part)


def upgrade() -> None:
    run_script(_refund_of(PART_NOT_DUE))
    share("vouchers", "reclaim_lines", writes=WIDENED)


def downgrade() -> None:
    names = roles("vouchers")
    run_script(_refund_of(PART))
    run_script(f"REVOKE {WIDENED} ON reclaim_lines FROM {names['app']}, {names['jobs']};")
