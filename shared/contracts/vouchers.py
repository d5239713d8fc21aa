"""Letters that vouchers writes: accounts, issue runs, redemptions and settlements."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts import topics
from shared.contracts.letter import Letter


class AccountOpened(Letter):
    """A holder's voucher account was opened on an award."""

    TYPE: ClassVar[str] = "vouchers.account.opened.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ACCOUNTS
    award_id: UUID
    programme: str
    opened_on: date


class VouchersIssued(Letter):
    """A run issued one month in one street: counts and money, and up to 1,000 journeys a letter."""

    TYPE: ClassVar[str] = "vouchers.vouchers.issued.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ISSUES
    run_id: UUID
    programme: str
    month_on: date
    street_code: str
    people: int
    total_fen: int
    applications: tuple[UUID, ...] = ()


class VoucherRedeemed(Letter):
    """A holder spent voucher money at an admitted provider."""

    TYPE: ClassVar[str] = "vouchers.voucher.redeemed.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ACCOUNTS
    redemption_id: UUID
    provider_id: UUID
    outlet_id: UUID
    item_code: str
    amount_fen: int
    redeemed_on: date


class RedemptionRefused(Letter):
    """A redemption was refused and why; nothing was booked."""

    TYPE: ClassVar[str] = "vouchers.redemption.refused.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ACCOUNTS
    provider_id: UUID
    amount_fen: int
    code: str


class VouchersRevoked(Letter):
    """Unspent voucher money was taken back."""

    TYPE: ClassVar[str] = "vouchers.vouchers.revoked.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ACCOUNTS
    amount_fen: int
    reason: Literal["died", "moved_out", "withdrawn", "no_longer_eligible"]
    revoked_on: date


class VouchersExpired(Letter):
    """Unspent voucher money lapsed with its validity."""

    TYPE: ClassVar[str] = "vouchers.vouchers.expired.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ACCOUNTS
    amount_fen: int
    expired_on: date


class RedemptionSettled(Letter):
    """One redemption was paid for within a provider's settlement."""

    TYPE: ClassVar[str] = "vouchers.redemption.settled.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_ACCOUNTS
    redemption_id: UUID
    settlement_id: UUID
    provider_id: UUID
    amount_fen: int


class SettlementApproved(Letter):
    """A provider's month was approved by two people and ordered for payment."""

    TYPE: ClassVar[str] = "vouchers.settlement.approved.v1"
    TOPIC: ClassVar[str] = topics.VOUCHERS_SETTLEMENTS
    settlement_id: UUID
    provider_id: UUID
    month_on: date
    redemptions: int
    amount_fen: int
    payment_order_id: UUID
