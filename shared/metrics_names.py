"""Every metric of our own by name: what it counts, its unit and the only labels it may carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """A gauge; its labels have few possible values, and none is about a person or a thing."""

    unit: str
    description: str
    labels: frozenset[str] = frozenset()


def _gauge(unit: str, description: str, *labels: str) -> Instrument:
    return Instrument(unit, description, frozenset(labels))


SENT = "juyang.letters.sent"
HANDLED = "juyang.letters.handled"
FIGURES_AGE = "juyang.figures.age"
POOL_IN_USE = "juyang.database.pool.in_use"
POOL_SIZE = "juyang.database.pool.size"

GAUGES = {
    "juyang.outbox.unsent": _gauge("{letter}", "Letters that no bus has taken over yet."),
    "juyang.outbox.oldest_age": _gauge("s", "Age of the oldest letter not yet sent."),
    "juyang.letters.parked": _gauge("{letter}", "Letters set aside, waiting for a person.", "type"),
    "juyang.consumer.lag": _gauge("{letter}", "Letters not yet read by the service.", "topic"),
    "juyang.audit.unsealed": _gauge("{row}", "Audit rows that wait for the seal."),
    "juyang.applications": _gauge(
        "{application}", "Applications since ever.", "programme", "channel", "state"
    ),
    "juyang.cases.open": _gauge("{case}", "Cases without a decision.", "programme", "stage"),
    "juyang.cases.oldest_days": _gauge("", "Days that the oldest open case waits.", "programme"),
    "juyang.cases.due": _gauge(
        "{case}", "Open cases past their day, or with a week left.", "programme", "due"
    ),
    "juyang.decision.days.bucket": _gauge(
        "", "Recent decisions within so many days of applying.", "programme", "outcome", "le"
    ),
    "juyang.decision.days.count": _gauge("", "Recent decisions.", "programme", "outcome"),
    "juyang.decision.days.sum": _gauge(
        "", "Days from applying to recent decisions, added up.", "programme", "outcome"
    ),
    "juyang.plans": _gauge("{plan}", "Five-fixed plans.", "state"),
    "juyang.visits": _gauge("{visit}", "Visits due of late, by what became of them.", "outcome"),
    "juyang.vouchers.fen": _gauge("{fen}", "Voucher money since ever.", "programme", "part"),
    "juyang.vouchers.held": _gauge("{voucher}", "Vouchers with money left.", "programme"),
    "juyang.funds.fen": _gauge("{fen}", "Money of each fund, by where it lies.", "fund", "place"),
    "juyang.redemptions.refused": _gauge("{refusal}", "Refusals at tills of late.", "code"),
    "juyang.providers": _gauge("{provider}", "Providers.", "state"),
    "juyang.feedback": _gauge("{answer}", "Ratings given of late.", "rating"),
}
"""Gauges that a round reads from the service's own tables."""

LIVE = {
    POOL_IN_USE: _gauge("{connection}", "Database connections in use.", "pool"),
    POOL_SIZE: _gauge("{connection}", "Database connections at most.", "pool"),
    FIGURES_AGE: _gauge("s", "Time since the gauges were read from the tables.", "round"),
}
"""Gauges that are read when somebody asks."""

COUNTERS = {
    SENT: _gauge("{letter}", "Letters that the bus took over, repeats included.", "type"),
    HANDLED: _gauge("{letter}", "Letters taken over from the bus, repeats included.", "type"),
}
