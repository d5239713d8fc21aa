"""The person file: who it is about stays sealed, what is known of him is facts (N-17)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.intake.persons.identity import Flaw
from shared.caller import district_of
from shared.contracts.facts import PersonFacts
from shared.contracts.intake import PersonDied, PersonMoved, PersonRegistered, PersonUpdated
from shared.contracts.letter import Letter
from shared.errors import Conflict, FieldFlaw, Invalid, invalid_field

FIXED_FACTS = frozenset({"birth_on", "sex", "died_on", "residence_area"})
NUMBER_HEAD, NUMBER_TAIL = slice(0, 6), slice(14, 18)
NUMBER_MASK = "********"
CERTIFICATE_MASK = "*" * 18
CERTIFICATE_SHOWN = slice(-2, None)
PHONE_TAIL = slice(-4, None)
FIRST = slice(0, 1)
AFTER_SECOND = slice(2, None)
# A run of digits that could be a phone or an identity number.
DIGITS = re.compile(r"\d{7}")


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What identifies a person; sealed in the database, in no letter, log, URL or error."""

    name: str
    id_number: str
    phone: str | None = None
    disability_certificate: str | None = None

    def fields(self) -> dict[str, str]:
        pairs = {
            "name": self.name,
            "id_number": self.id_number,
            "phone": self.phone,
            "disability_certificate": self.disability_certificate,
        }
        return {key: value for key, value in pairs.items() if value}

    def masked(self) -> dict[str, str | None]:
        """As it may be shown without a reason."""
        certificate = self.disability_certificate
        return {
            "name": self.name[FIRST] + "*" * (len(self.name) - 1),
            "id_number": self.id_number[NUMBER_HEAD] + NUMBER_MASK + self.id_number[NUMBER_TAIL],
            "phone": "*******" + self.phone[PHONE_TAIL] if self.phone else None,
            "disability_certificate": CERTIFICATE_MASK + certificate[CERTIFICATE_SHOWN]
            if certificate
            else None,
        }


ERASED_NAME = "（已删除）"
ERASED: dict[str, str | None] = {
    "name": ERASED_NAME,
    "id_number": None,
    "phone": None,
    "disability_certificate": None,
}


def masked(who: Identifiers | None) -> dict[str, str | None]:
    """As a file may be shown without a reason; an erased identity shows that it is erased."""
    return who.masked() if who else ERASED


def notice_name(who: Identifiers | None) -> str:
    """A name for a public notice: its second character is masked (C-55)."""
    if who is None:
        return ERASED_NAME
    return who.name[FIRST] + "*" + who.name[AFTER_SECOND]


def check_reason(reason: str) -> None:
    """A reason is kept for ever, so it names nobody by number.

    Raises:
        Invalid: it holds a number that could be somebody's.
    """
    if DIGITS.search(reason):
        raise invalid_field(
            "body.reason",
            "reason_names_somebody",
            "理由会长期保存，请勿写入证件号或电话",
            "the reason is kept for ever; do not write numbers or phones into it",
        )


def disclosed(who: Identifiers | None, fields: Collection[str]) -> dict[str, str]:
    """The wanted fields in the clear.

    Raises:
        Conflict: the person's identity has been erased.
    """
    if who is None:
        raise Conflict(
            "identity_erased", "此人的身份信息已删除", "the person's identity has been erased"
        )
    return {name: value for name, value in who.fields().items() if name in fields}


@dataclass(frozen=True, slots=True)
class Person:
    """A person file without its sealed part."""

    person_id: UUID
    area_code: str
    facts: PersonFacts
    agency: str | None = None
    moved_out_on: date | None = None

    def registered(self, at: datetime) -> list[Letter]:
        """The file was opened."""
        return [PersonRegistered(**self._envelope(at), person=self.facts)]

    def learn(self, changes: dict[str, Any], at: datetime) -> tuple[Person, list[Letter]]:
        """New facts replace old ones; what identity and life events say is not changed here.

        Raises:
            Invalid: a fact that has its own act, or one that does not fit.
        """
        if fixed := sorted(FIXED_FACTS & changes.keys()):
            raise invalid_field(
                f"body.facts.{fixed[0]}",
                "fact_has_its_own_act",
                "此项不能直接修改：出生与性别随证件号，去世与迁移另行登记",
                "this fact follows the identity number or has its own act (deaths, moves)",
            )
        known = self.facts.model_dump(mode="json")
        facts = PersonFacts.model_validate({**known, **changes})
        changed = tuple(n for n in sorted(changes) if getattr(facts, n) != getattr(self.facts, n))
        if not changed:
            return self, []
        after = replace(self, facts=facts)
        return after, [PersonUpdated(**after._envelope(at), person=facts, changed=changed)]

    def die(self, died_on: date, at: datetime) -> tuple[Person, list[Letter]]:
        """Record a death; the same day again changes nothing.

        Raises:
            Invalid: a day before the birth or after today.
            Conflict: another day of death is on file.
        """
        if died_on > at.date() or (self.facts.birth_on and died_on < self.facts.birth_on):
            raise invalid_field(
                "body.died_on",
                "impossible_day",
                "死亡日期应在出生之后、今日之前（含今日）",
                "the day of death must lie between birth and today",
            )
        if self.facts.died_on is not None:
            if self.facts.died_on == died_on:
                return self, []
            raise Conflict(
                "death_on_file",
                "档案中已有另一死亡日期，请先更正",
                "another day of death is on file; have it corrected first",
            )
        after = replace(self, facts=self.facts.model_copy(update={"died_on": died_on}))
        return after, [PersonDied(**after._envelope(at), died_on=died_on)]

    def move(self, area_code: str, moved_on: date, at: datetime) -> tuple[Person, list[Letter]]:
        """Record a move to another community, street or district.

        Raises:
            Invalid: a day before the birth or after today.
            Conflict: the person is dead.
        """
        if moved_on > at.date() or (self.facts.birth_on and moved_on < self.facts.birth_on):
            raise invalid_field(
                "body.moved_on",
                "impossible_day",
                "迁移日期应在出生之后、今日之前（含今日）",
                "the day of the move must lie between birth and today",
            )
        if self.facts.died_on is not None:
            raise Conflict("person_dead", "该人已登记死亡", "the person is recorded as dead")
        if area_code == self.area_code:
            return self, []
        facts = self.facts.model_copy(update={"residence_area": area_code})
        left = district_of(area_code) != district_of(self.area_code)
        after = replace(
            self, area_code=area_code, facts=facts, moved_out_on=moved_on if left else None
        )
        letter = PersonMoved(**after._envelope(at), previous_area=self.area_code, moved_on=moved_on)
        return after, [letter]

    def _envelope(self, at: datetime) -> dict[str, Any]:
        return {
            "aggregate_id": self.person_id,
            "person_id": self.person_id,
            "occurred_at": at,
            "area_code": self.area_code,
            "agency": self.agency,
        }


def refuse_flaws(flaws: list[Flaw]) -> None:
    """Turn flaws of what was written into one refusal.

    Raises:
        Invalid: there is at least one flaw.
    """
    if flaws:
        raise Invalid(
            "invalid_fields",
            "有字段不符合要求，见 errors",
            "some fields are not acceptable, see errors",
            *(FieldFlaw(f"body.{f.field}", f.code, f.zh, f.en) for f in flaws),
        )
