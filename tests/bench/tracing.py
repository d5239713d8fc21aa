"""What tracing costs of the request rate when one request in ten is recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from deploy.desk import Desk
from shared.auth import local_key, mint
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.settings import Settings
from tests.bench import hammer
from tests.bench.figures import AT_MOST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import directory
from tests.bench.processes import Meter, NotRunning, office_process
from tests.intake.rosters import COMMUNITY, STREET, person

COST = Goal("tracing_cost", "ratio", AT_MOST, 0.1)
ROUNDS, REQUESTS, WARM_UP = 9, 400, 200
TOKEN_LIFE_S = 3600
QUIET = {"OTEL_METRICS_EXPORTER": "none"}
OFF = QUIET | {"OTEL_SDK_DISABLED": "true"}
TENTH = QUIET | {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.1",
}


class Office:
    """One of the two offices, with somebody who looks at a person's file."""

    def __init__(self, desk: Desk, meter: Meter, data: Path) -> None:
        self._desk = desk
        self._meter = meter
        settings = Settings.model_validate({"data": data})
        worker = Caller("li", "street_officer", STREET)
        self._token = mint(local_key(data), settings, worker, lives_s=TOKEN_LIFE_S)
        self._person = person()

    async def prepare(self) -> None:
        operator = self._desk.person("operator", "bench")
        area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
        await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})
        worker = self._desk.person("street_officer", "li", STREET)
        await worker.post("/intake/v1/persons", self._person)
        await self.rate(WARM_UP)

    async def rate(self, requests: int) -> float:
        """Requests a second of the processor time of the office's process.

        That process is what bounds the rate, and its time does not mind who else is at work.
        """
        asked = (
            f"GET /intake/v1/persons/{self._person['id']} HTTP/1.1\r\n"
            f"Host: office\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        )
        before = self._meter.own_work_s()
        await hammer.rate(self._desk.url, asked.encode(), requests)
        return requests / (self._meter.own_work_s() - before)


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
    rounds: list[Round] = []
    try:
        async with offices() as (traced, plain):
            for nth in range(ROUNDS):
                order = (traced, plain) if nth % 2 else (plain, traced)
                rates = {office: await office.rate(REQUESTS) for office in order}
                rounds.append(Round(rates[traced], rates[plain]))
    except NotRunning as refused:
        return [COST.unmeasured(str(refused))]
    words = (
        "1 less the rate of reading a person's file at an office that records a tenth, against "
        "the same office without tracing, both by processor time; "
        f"{spread(rounds, 'requests/s')}"
    )
    return [COST.figure(1 - middle(rounds).ratio, words)]


MEASUREMENTS = (Measurement((COST,), measure),)
