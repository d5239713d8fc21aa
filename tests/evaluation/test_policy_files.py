"""The policy files of evaluation: what they say, and that a broken one is refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.evaluation.policy.loader import HERE, PolicyRefused, load_policies
from services.evaluation.policy.model import Share
from shared.errors import Invalid

DAY = date(2010, 1, 4)


def test_chaoyang_asks_for_four_papers_and_nine_of_ten_certified() -> None:
    chaoyang = load_policies().of("110105001002")
    assert chaoyang.documents.on(DAY) == ("rules", "standards", "flow", "duties")
    assert chaoyang.certified_share.on(DAY) == Share(certified=9, on_duty=10)


def test_nangang_names_a_paper_for_each_source_but_volunteers_and_no_share() -> None:
    nangang = load_policies().of("230103")
    papers = nangang.credentials.on(DAY)
    assert [source for source, paper in papers.items() if paper is None] == ["volunteers"]
    assert nangang.certified_share.on(DAY) is None


def test_score_weights_are_told_as_a_silence() -> None:
    for policy in load_policies().by_district.values():
        assert policy.score.silence in {silence.id for silence in policy.silences}


def test_an_area_without_an_instrument_is_refused_and_says_which_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        load_policies().of("310101")
    assert "110105" in refused.value.en


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("kept: 50", "kept: 51"),
        ("silence: score_weights", "silence: nowhere"),
        ("volunteers: null", "students: null"),
        ("instrument:", "instument:"),
        ("documents:", "documents: ["),
    ],
)
def test_a_broken_policy_file_is_refused_by_name(tmp_path: Path, right: str, wrong: str) -> None:
    text = (HERE / "chaoyang-2010.yaml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "chaoyang-2010.yaml").write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(PolicyRefused, match=r"chaoyang-2010\.yaml"):
        load_policies(tmp_path)
