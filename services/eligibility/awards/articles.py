"""Under which article, or silence of the register, an act on an award stands."""

from __future__ import annotations

from services.eligibility.policy import Programme

SILENCES: dict[str, tuple[str, ...]] = {
    "died": ("C-43", "NS-09"),
    "moved_out": ("C-44", "NS-19"),
    "withdrawn": ("K-08",),
    "detained": ("C-52", "NS-18"),
    "abroad": ("C-52", "NS-18"),
}
"""Entries of the registers by what happened; a document's register has one of them or none."""
RECHECK_INTERVAL = "recheck_interval"


def article_of(programme: Programme, reason: str, unmet: tuple[str, ...] = ()) -> str:
    """The unmet criterion's article, else the silence for the reason, else that of re-checks."""
    criteria = [*programme.criteria, *(c for each in programme.classes for c in each.criteria)]
    articles = {criterion.id: criterion.article for criterion in criteria}
    for name in unmet:
        if name in articles:
            return articles[name]
    for entry in SILENCES.get(reason, ()):
        if entry in programme.instrument.silences:
            return entry
    interval = programme.parameters.get(RECHECK_INTERVAL)
    return interval.article if interval is not None else programme.article
