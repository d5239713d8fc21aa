"""What tracing costs of the request rate when one request in ten is recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import orjson

from deploy.desk import Desk
from shared.auth import local_key, mint
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.settings import Settings
from tests.bench import hammer
from tests.bench.figures import AT_MOST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import directory
from tests.bench.hammer import get, post
from tests.bench.processes import Meter, NotRunning, office_process
from tests.intake.rosters import COMMUNITY, STREET, number, person

COST = Goal("tracing_cost", "ratio", AT_MOST, 0.1)
ROUNDS, FILES, WARM_UP = 9, 1_000, 500
BORN = date(1930, 1, 31)
TOKEN_LIFE_S = 3600
OFF = {"OTEL_TRACES_EXPORTER": "none"}
TENTH = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.1",
}


class Office:
    """One of the two offices, with somebody who opens people's files and looks at them."""

    def __init__(self, desk: Desk, meter: Meter, data: Path) -> None:
        self._desk = desk
        self._meter = meter
        settings = Settings.model_validate({"data": data})
        worker = Caller("li", "street_officer", STREET)
        self._token = mint(local_key(data), settings, worker, lives_s=TOKEN_LIFE_S)
        self._known = person()
        self._nth = count(2)

    async def prepare(self) -> None:
        operator = self._desk.person("operator", "bench")
        area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
        await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})
        worker = self._desk.person("street_officer", "li", STREET)
        await worker.post("/intake/v1/persons", self._known)
        await self.rates(WARM_UP)

    async def rates(self, files: int) -> tuple[float, float]:
        """Files looked at and files opened a second of the processor time of the process.

        That process is what bounds the rate, and its time does not mind who else is at work.
        """
        look = get(f"{self._desk.url}/intake/v1/persons/{self._known['id']}", self._token)
        there = f"{self._desk.url}/intake/v1/persons"
        opened = [
            post(there, orjson.dumps(nth_person(nth)), self._token)
            for nth in islice(self._nth, files)
        ]
        return await self._rate([look] * files), await self._rate(opened)

    async def _rate(self, requests: Sequence[bytes]) -> float:
        before = self._meter.own_work_s()
        await hammer.rate_of_all(self._desk.url, requests)
        return len(requests) / (self._meter.own_work_s() - before)


def nth_person(nth: int) -> dict[str, Any]:
    """Somebody else each time: a thousand of a day of birth, and then the next day."""
    born = BORN + timedelta(days=nth // 1_000)
    return person(id_number=number(nth % 1_000, f"{born:%Y%m%d}"))


def both(rates: tuple[float, float]) -> float:
    """Requests a second when files are looked at and opened by turns."""
    looked, opened = rates
    return 2 / (1 / looked + 1 / opened)


@asynccontextmanager
async def offices() -> AsyncIterator[tuple[Office, Office]]:
    """Two offices side by side: one that traces a tenth, one that does not trace."""
    async with AsyncExitStack() as stack:
        found: list[Office] = []
        for environment in (TENTH, OFF):
            data = stack.enter_context(directory())
            desk, meter = await stack.enter_async_context(office_process(data, environment))
            found.append(Office(desk, meter, data))
            await found[-1].prepare()
        yield found[0], found[1]


async def measure() -> list[Figure]:
    """Both by turns, which changes place from round to round."""
    rounds: list[Mapping[Office, tuple[float, float]]] = []
    try:
        async with offices() as (traced, plain):
            for nth in range(ROUNDS):
                order = (traced, plain) if nth % 2 else (plain, traced)
                rounds.append({office: await office.rates(FILES) for office in order})
    except NotRunning as refused:
        return [COST.unmeasured(str(refused))]
    mixed = [Round(both(one[traced]), both(one[plain])) for one in rounds]
    looked, opened = (
        middle([Round(one[traced][which], one[plain][which]) for one in rounds]).ratio
        for which in range(2)
    )
    words = (
        "1 less the rate of looking at and opening people's files by turns at an office that "
        "records a tenth, against the same office without tracing, both with metrics and by "
        f"processor time; {spread(mixed, 'requests/s')}; "
        f"of looking alone {1 - looked:.3f}, of opening alone {1 - opened:.3f}"
    )
    return [COST.figure(1 - middle(mixed).ratio, words)]


MEASUREMENTS = (Measurement((COST,), measure),)
