"""The town that voucher stories happen in."""

from __future__ import annotations

import pytest

from tests.desk import OfficeDesk
from tests.vouchers.town import Town


@pytest.fixture
def town(desk: OfficeDesk) -> Town:
    return Town(desk)
