"""A payee's account at a bank: proposed by one, approved by another, in force after a pause."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from shared.caller import Caller
from shared.errors import Conflict, Forbidden, NotFound, Refusal, invalid_field

Decision = Literal["approved", "rejected"]
ACCOUNT_NO = re.compile(r"[0-9]{8,30}")
# A cell that begins so is a formula to a spreadsheet.
WORDS = re.compile(r"[^=+\-@\s][^\r\n\t]{0,79}")
SHOWN = 4
STREET = "street_officer"
MASK = "****"
HIDDEN = "*"


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that was proposed, as far as its approval needs it."""

    id: UUID
    provider_id: str
    proposed_by: str
    decision: Decision | None
    earlier: bool


@dataclass(frozen=True, slots=True)
class Named:
    """An account as somebody enters it, for a provider or for a person."""

    provider_id: UUID | None
    person_id: UUID | None
    account_no: str
    account_name: str
    bank_name: str

    @property
    def shown_name(self) -> str:
        """A provider's name; of a person's the first character alone."""
        if self.person_id is None:
            return self.account_name
        return self.account_name[0] + HIDDEN * (len(self.account_name) - 1)


def account_number(sent: str) -> str:
    """The account's number without blanks.

    Raises:
        Invalid: not 8 to 30 digits; the number itself is not repeated.
    """
    number = sent.replace(" ", "")
    if ACCOUNT_NO.fullmatch(number) is None:
        raise invalid_field(
            "body.account_no",
            "not_an_account",
            "账号应为8至30位数字",
            "an account number has 8 to 30 digits",
        )
    return number


def words(field: str, sent: str) -> str:
    """A name for the bank: one line that no spreadsheet takes for a formula.

    Raises:
        Invalid: empty, of several lines, or beginning with = + - @.
    """
    said = sent.strip()
    if WORDS.fullmatch(said) is None:
        raise invalid_field(
            f"body.{field}",
            "not_one_line",
            "应为一行文字（1至80字），且不得以 = + - @ 开头",
            "must be one line of 1 to 80 characters that does not begin with = + - @",
        )
    return said


def tail_of(account_no: str) -> str:
    """What is shown of an account number."""
    return MASK + account_no[-SHOWN:]


def check_own(caller: Caller, provider_id: UUID | None, person_id: UUID | None) -> None:
    """A provider proposes an account for itself alone, a street for its people.

    Raises:
        Invalid: not exactly one of a provider and a person is named.
        Forbidden: for another provider, or for a provider by a street.
    """
    if (provider_id is None) == (person_id is None):
        raise invalid_field(
            "body.person_id",
            "one_payee",
            "须写明服务单位或本人之一，且只写其一",
            "name a provider or a person, and only one of them",
        )
    if caller.role == STREET and person_id is None:
        raise Forbidden(
            "people_alone",
            "街道只登记本辖区个人的账户",
            "a street enters accounts of its people alone",
        )
    if caller.bound_agency not in ("", str(provider_id)):
        raise Forbidden(
            "another_provider", "只能登记本单位的账户", "only your own account can be entered"
        )


def proposal_waiting() -> Refusal:
    return Conflict(
        "proposal_waiting",
        "已有待批准的账户；请先处理",
        "another account waits for its approval; decide on that first",
    )


def unknown_person() -> Refusal:
    return NotFound(
        "no_such_person",
        "本辖区没有此人可付的款项",
        "nothing is to be paid to this person in your area",
    )


def check_decision(payee: Payee | None, caller: Caller) -> Payee:
    """Approval or rejection by another person than the one who proposed.

    Raises:
        NotFound: no such proposal in the caller's sight.
        Conflict: decided already.
        Forbidden: by the one who proposed.
    """
    if payee is None:
        raise NotFound("no_such_payee", "没有此收款账户", "there is no such account")
    if payee.decision is not None:
        raise Conflict("already_decided", "该账户已处理", "this account has been decided on")
    if payee.proposed_by == caller.sub:
        raise Forbidden(
            "same_person", "须由另一人批准", "another person than the one who proposed must decide"
        )
    return payee


def valid_from(payee: Payee, today: date, cooling_days: int) -> date:
    """A first account counts at once; a changed one only after the cooling days."""
    return today + timedelta(days=cooling_days) if payee.earlier else today
