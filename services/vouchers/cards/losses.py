"""Lost cards: stopped at the first word, confirmed in writing, found again or replaced (C-42)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, NotFound

Reporter = Literal["holder", "relative", "agent", "community"]
LossState = Literal["oral", "written", "overdue", "found", "replaced"]


@dataclass(frozen=True, slots=True)
class OpenCard:
    """A person's open card, his row locked until the end of the work."""

    card_id: UUID
    person_id: UUID
    area_code: str
    lost_on: date | None


@dataclass(frozen=True, slots=True)
class Loss:
    """A report of a lost card as it stands."""

    id: UUID
    card_id: UUID
    person_id: UUID
    area_code: str
    written_on: date | None
    ended: str | None
    died_on: date | None


def stoppable(card: OpenCard | None) -> OpenCard:
    """The card that a report stops.

    Raises:
        NotFound: this person has no open card within the caller's area.
        Conflict: it is stopped already.
    """
    if card is None:
        raise NotFound(
            "no_open_card",
            "本辖区没有此人的有效卡；请核对人员编号",
            "this person has no open card in your area; check the person's id",
        )
    if card.lost_on is not None:
        raise Conflict(
            "already_reported",
            "此卡已挂失止付；请补办书面手续或补卡",
            "this card is stopped already; confirm in writing or replace it",
        )
    return card


def standing(loss: Loss | None) -> Loss:
    """A report that has not ended.

    Raises:
        NotFound: there is none within the caller's area.
        Conflict: the card was found again or replaced.
    """
    if loss is None:
        raise NotFound(
            "no_such_loss",
            "本辖区没有这条挂失记录；请核对编号",
            "there is no such report in your area; check its id",
        )
    if loss.ended is not None:
        raise Conflict(
            "loss_ended",
            "这条挂失已解挂或已补卡",
            "this report has ended: the card was found again or replaced",
        )
    return loss


def confirmable(loss: Loss | None) -> Loss:
    """A report that waits for its writing.

    Raises:
        Conflict: it was confirmed already.
    """
    found = standing(loss)
    if found.written_on is not None:
        raise Conflict(
            "already_written", "书面挂失手续已办理", "this report is confirmed in writing already"
        )
    return found


def replaceable(loss: Loss | None) -> Loss:
    """A report in writing, of a holder who lives.

    Raises:
        Conflict: only oral so far, or the holder has died.
    """
    found = standing(loss)
    if found.written_on is None:
        raise Conflict(
            "not_in_writing",
            "口头挂失须先补办书面手续，方可补卡",
            "an oral report must be confirmed in writing before the card is replaced",
        )
    if found.died_on is not None:
        raise Conflict("holder_died", "此人已去世，不再发卡", "the person has died; no card")
    return found
