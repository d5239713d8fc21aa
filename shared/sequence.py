"""Whether letters arrive in the order in which their aggregate wrote them, for one consumer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.contracts.letter import Envelope
from shared.work import Work

HEADS = """
SELECT source, aggregate_id, seq FROM inbox_heads
WHERE consumer = :consumer AND aggregate_id = ANY(CAST(:aggregates AS uuid[]))
"""
ADVANCE = """
INSERT INTO inbox_heads AS h (consumer, source, aggregate_id, seq)
SELECT :consumer, * FROM unnest(CAST(:sources AS text[]), CAST(:aggregates AS uuid[]),
    CAST(:seqs AS bigint[]))
ON CONFLICT (consumer, source, aggregate_id) DO UPDATE SET seq = greatest(h.seq, excluded.seq)
"""


class Heads:
    """The last number that a consumer has taken of each aggregate; letters it does not hear count.

    An aggregate that was never met may begin anywhere: a consumer may join late, and old letters
    are pruned.
    """

    def __init__(self, consumer: str, known: dict[tuple[str, UUID], int]) -> None:
        self._consumer = consumer
        self._known = known
        self._moved: dict[tuple[str, UUID], int] = {}

    @classmethod
    async def of(cls, work: Work, consumer: str, letters: Sequence[Envelope]) -> Heads:
        """The heads of the aggregates that a batch speaks of."""
        aggregates = list({letter.aggregate_id for letter in letters})
        rows = await work.rows(HEADS, consumer=consumer, aggregates=aggregates)
        return cls(consumer, {(r["source"], r["aggregate_id"]): r["seq"] for r in rows})

    def missing(self, letter: Envelope) -> str | None:
        """What is missing before a letter, in words, or none when it is in order."""
        head = self._known.get((letter.source, letter.aggregate_id))
        if head is None or letter.seq <= head + 1:
            return None
        return f"letter {head + 1} of its aggregate has not come; this is letter {letter.seq}"

    def repeats(self, letter: Envelope) -> bool:
        """Whether a letter is older than the head: a repetition whose inbox row is pruned."""
        head = self._known.get((letter.source, letter.aggregate_id))
        return head is not None and 0 < letter.seq <= head

    def take(self, letter: Envelope) -> None:
        """The letter is taken, handled or parked: the next one may come."""
        place = (letter.source, letter.aggregate_id)
        self._known[place] = self._moved[place] = max(letter.seq, self._known.get(place, 0))

    async def save(self, work: Work) -> None:
        """Write the moved heads in the transaction of the effects."""
        if not self._moved:
            return
        places = sorted(self._moved)
        await work.run(
            ADVANCE,
            consumer=self._consumer,
            sources=[source for source, _ in places],
            aggregates=[aggregate for _, aggregate in places],
            seqs=[self._moved[place] for place in places],
        )
