"""Cases of scheduling's policy file: dated, cited, complete."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.scheduling.policy.loader import FILE, PolicyRefused, load_policy


def test_the_rules_of_2010_are_in_force() -> None:
    rules = load_policy().on(date(2010, 1, 4))
    assert rules.activation_required == ("nangang-2008/home-care",)
    assert rules.longest_week == 40 * 60


def test_before_the_opinion_there_is_no_rule() -> None:
    with pytest.raises(PolicyRefused, match="2008-05-18"):
        load_policy().on(date(2008, 5, 18))


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("    article: silence\n", "    article:\n", "cite the article"),
        ("unit: days", "unit: weeks", "unknown unit"),
        ("{2008-05-19: 7}", "{2008-05-19: '7'}", "must fit days"),
        ("id: report_within", "id: report_before", "must be exactly"),
    ],
)
def test_a_file_that_is_not_sound_is_refused(
    tmp_path: Path, old: str, new: str, cause: str
) -> None:
    draft = tmp_path / "policy.yaml"
    draft.write_text(FILE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyRefused, match=cause):
        load_policy(draft)
