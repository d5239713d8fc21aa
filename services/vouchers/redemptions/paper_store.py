"""The tills' side of the books with paper: the same booking, and the serials are used by it."""

from __future__ import annotations

from collections.abc import Sequence

from services.vouchers.paper.presenting import PaperHand
from services.vouchers.paper.presenting_store import PaperAtTill
from services.vouchers.redemptions.batch_store import BOOK
from services.vouchers.redemptions.columns import booked
from services.vouchers.redemptions.domain import Accepted, Purchase, Till, redeemed
from services.vouchers.redemptions.paper import paper_till
from services.vouchers.redemptions.store import Redemptions

NOBODY = b""
"""The digest of no card."""


class PaperTills(Redemptions):
    """Tills that take cards, codes and paper."""

    async def paper(self, purchase: Purchase, digests: Sequence[bytes]) -> tuple[Till, PaperHand]:
        """All facts of a purchase with paper; its holder and serials are locked until the end."""
        hand = await PaperAtTill(self._work).present(digests, purchase.provider_id)
        return paper_till(await self.till(purchase, NOBODY), hand), hand

    async def accept_paper(
        self, purchase: Purchase, accepted: Accepted, digests: Sequence[bytes]
    ) -> None:
        """Book the redemption, use the serials, and tell it."""
        await self._work.row(
            BOOK,
            channel="paper",
            provider_id=str(purchase.provider_id),
            today=self.today,
            sub=self._work.caller.sub,
            **booked([(purchase, accepted)]),
        )
        await PaperAtTill(self._work).spend(
            digests, purchase.id, purchase.provider_id, purchase.redeemed_on
        )
        self._work.send(redeemed(purchase, accepted, self.policy.programmes, self.now))
