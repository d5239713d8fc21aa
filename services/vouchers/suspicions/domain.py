"""What looks odd at tills, and what a person finds of it."""

from __future__ import annotations

from typing import Literal

from shared.errors import Conflict, NotFound

Pattern = Literal[
    "crowd_at_outlet", "busy_outlet", "busy_holder", "after_death", "before_expiry"
]  # fmt: skip
Finding = Literal["cleared", "confirmed"]
State = Literal["open", "cleared", "confirmed"]

WORDS: dict[Pattern, tuple[str, str]] = {
    "crowd_at_outlet": (
        "同一网点一分钟内多人用券",
        "many holders at one outlet within a minute",
    ),
    "busy_outlet": ("网点当日笔数异常", "unusually many redemptions at an outlet in a day"),
    "busy_holder": ("持券人当日笔数异常", "unusually many redemptions of a holder in a day"),
    "after_death": ("持券人去世之后仍有用券", "redeemed after the holder's death"),
    "before_expiry": (
        "券过期前同一网点集中用券",
        "a burst at one outlet just before vouchers expire",
    ),
}


def check_open(found: bool, finding: str | None) -> None:
    """Only an open suspicion is decided on, once.

    Raises:
        NotFound: there is none in the caller's area.
        Conflict: it has been decided.
    """
    if not found:
        raise NotFound(
            "no_such_suspicion",
            "本辖区没有这条复核事项；请核对编号",
            "there is nothing of this id to review in your area; check the id",
        )
    if finding is not None:
        raise Conflict("already_decided", "这条复核事项已有结论", "this has been decided already")
