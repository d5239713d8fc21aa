"""Stories of phases: a street serves those alone in hardship first, and then everybody (N-03)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.eligibility import policy
from services.eligibility.policy import PolicyRefused, load_policies
from shared.contracts.intake import StreetActivated, StreetPaused
from shared.contracts.letter import Letter
from shared.contracts.programmes import HOME_CARE, NANGANG
from tests.desk import OfficeDesk
from tests.eligibility.stories import (
    NANGANG_COMMUNITY,
    NANGANG_FACTS,
    NANGANG_STREET,
    Elder,
    approve,
    case_of,
    review,
    street_letter,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio
PAID_CARE = "nangang-2008/paid-care"
FILE = Path(policy.__file__).parent / "nangang-2008.yaml"


def started(programme: str, day: date) -> Letter:
    return street_letter(StreetActivated, day).model_copy(update={"programme": programme})


async def applied(desk: OfficeDesk) -> Elder:
    """Somebody who asks for care at menu prices."""
    elder = Elder(area=NANGANG_COMMUNITY, programme=PAID_CARE, more=NANGANG_FACTS)
    await tell(desk, elder.applies())
    return elder


async def stage(desk: OfficeDesk, elder: Elder) -> str:
    found: str = (await case_of(desk, elder, NANGANG))["stage"]
    return found


async def test_the_second_phase_waits_in_a_street_until_the_first_has_started_there(
    desk: OfficeDesk,
) -> None:
    elder = await applied(desk)
    await tell(desk, started(PAID_CARE, date(2010, 1, 4)))
    assert await stage(desk, elder) == "held", "those alone in hardship come first"
    later = await applied(desk)
    assert await stage(desk, later) == "held"
    await tell(desk, started(HOME_CARE, date(2010, 1, 5)))
    assert [await stage(desk, one) for one in (elder, later)] == ["street_review"] * 2
    case_id = (await case_of(desk, elder, NANGANG))["case_id"]
    (line,) = await review(desk, case_id, area=NANGANG_STREET)
    assert line["ok"], line
    await tell(desk, street_letter(StreetPaused, date(2010, 1, 6)))
    (line,) = await approve(desk, case_id, area=NANGANG)
    assert line["code"] == "street_not_activated", "the first phase rests, and with it the second"
    await tell(desk, started(HOME_CARE, date(2010, 1, 7)))
    (line,) = await approve(desk, case_id, area=NANGANG)
    assert line["ok"], line
    assert all((await verification(desk)).values())


async def test_the_first_phase_starts_alone_and_starts_nothing_that_was_not_started_itself(
    desk: OfficeDesk,
) -> None:
    elder = await applied(desk)
    await tell(desk, started(HOME_CARE, date(2010, 1, 4)))
    assert await stage(desk, elder) == "held"
    await tell(desk, started(PAID_CARE, date(2010, 1, 5)))
    assert await stage(desk, elder) == "street_review"


def test_the_phases_stand_in_the_policy_file_with_their_article() -> None:
    book = load_policies()
    assert book.phases() == [{"programme": PAID_CARE, "before": HOME_CARE}]
    follows = book.programme(PAID_CARE).follows
    assert follows is not None
    assert follows.article == "二 (2)"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("programmes: [home-care]}", "programmes: [no-care]}", "no-care"),
        ("programmes: [home-care]}", "programmes: [paid-care]}", "paid-care"),
        ("article: 二 (2), prog", "article: NS-99, prog", "NS-99"),
    ],
)
def test_a_phase_that_leads_nowhere_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE.name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyRefused, match=reason) as refusal:
        load_policies(tmp_path)
    assert "follows" in text.splitlines()[refusal.value.line - 1]
