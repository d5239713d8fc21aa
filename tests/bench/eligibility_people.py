"""The people of the preview measurements, and one of their answers."""

from __future__ import annotations

from datetime import date, timedelta

from services.eligibility.policy import load_policies
from services.eligibility.previews.api import PreviewView, answer_of
from services.eligibility.previews.domain import preview
from shared.contracts.facts import Disability, PersonFacts

AS_OF = date(2010, 3, 15)
VOUCHER = "chaoyang-2010/voucher"
OLDEST = date(1915, 1, 1)
STEP = timedelta(days=13)
PERSON = {
    "birth_on": "1945-06-01",
    "hukou_area": "110108",
    "residence_area": "110105001001",
    "disability": {"category": 4, "grade": 2},
    "employed": False,
}
BOOK = load_policies()


def people(count: int) -> list[PersonFacts]:
    """Different people of all ages, most with a disability."""
    return [
        PersonFacts(
            birth_on=OLDEST + STEP * (nth % 2500),
            hukou_area="110105" if nth % 9 else "130100",
            residence_area="110105001001",
            disability=Disability(category=1 + nth % 7, grade=1 + nth % 4) if nth % 5 else "none",
            employed=bool(nth % 3),
        )
        for nth in range(count)
    ]


ANSWER = PreviewView.model_validate(
    answer_of(preview(BOOK, VOUCHER, PersonFacts.model_validate(PERSON), AS_OF))
)
