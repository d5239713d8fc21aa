"""What should become of lost cards: stopped at a word, found again, or replaced in writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.faults.money_model_parts import Card, Purse


@dataclass
class Loss:
    """A report of a lost card."""

    purse: Purse
    card: Card
    written: bool
    ended: bool = False


def reported(purse: Purse, today: date, *, written: bool) -> Loss | str:
    """Stop the open card from today on, or say why not."""
    card = purse.cards[-1]
    if card.lost_on is not None:
        return "already_reported"
    card.lost_on = today
    return Loss(purse, card, written)


def confirmed(loss: Loss) -> str:
    """The report is put in writing."""
    if loss.ended or loss.written:
        return "loss_ended" if loss.ended else "already_written"
    loss.written = True
    return ""


def found(loss: Loss) -> str:
    """The card is good again."""
    if loss.ended:
        return "loss_ended"
    loss.ended, loss.card.lost_on = True, None
    return ""


def replaced(loss: Loss, today: date) -> str:
    """The card is closed; a new one is opened for the same money."""
    if loss.ended or not loss.written:
        return "loss_ended" if loss.ended else "not_in_writing"
    if loss.purse.died_on:
        return "holder_died"
    loss.ended, loss.card.closed_on = True, today
    return ""
