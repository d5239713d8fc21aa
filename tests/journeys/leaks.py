"""Looks for the people of a roster in texts where they must not stand in the clear."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from services.intake.persons.identity import plain
from shared.migrate import SERVICES
from tests.intake.roster_files import opened
from tests.intake.rosters import number

COLUMNS = """
SELECT table_schema AS s, table_name AS t, column_name AS c, data_type = 'bytea' AS raw
FROM information_schema.columns WHERE table_schema = ANY($1)
    AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')
"""
DIGITS = re.compile(r"\d{10,18}[Xx]?\w{0,4}")
NAME = re.compile(r"[\u3400-\u9fff·]{3,}")
PERSONAL = (1, 3, 5, 9)  # name, number, phone and certificate in the example
PHONE, PLANTED_NAME = "13912345678", "欧阳慕白"
PLANTED = (number(901), number(901) + "11", PHONE, PLANTED_NAME)
"""Of somebody whom a story registers itself."""


def secrets_of(roster: Path) -> set[str]:
    """Names of three and more characters, numbers, phones and certificates of a roster."""
    found: set[str] = set()
    for row in opened(roster).rows():
        said = [plain(str(row.raw[at])).upper() for at in PERSONAL]
        if row.person is not None:
            who = row.person
            said += [who.name, who.id_number, who.phone or "", who.disability_certificate or ""]
        found |= {one for one in said if NAME.fullmatch(one) or DIGITS.fullmatch(one)}
    return found


async def dumped(dsn: str) -> list[str]:
    """Every text and byte column of all services, as one text each."""
    texts: list[str] = []
    admin = await asyncpg.connect(dsn)
    for row in await admin.fetch(COLUMNS, list(SERVICES)):
        kind = "bytea" if row["raw"] else "text"
        values = await admin.fetch(f'SELECT "{row["c"]}"::{kind} FROM {row["s"]}."{row["t"]}"')
        kept = [value[0] for value in values if value[0] is not None]
        texts += [x.decode(errors="replace") if isinstance(x, bytes) else x for x in kept]
    await admin.close()
    return texts


def leaks(texts: Iterable[str], secrets: set[str]) -> set[str]:
    """Which secrets stand in the texts."""
    found: set[str] = set()
    for text in texts:
        words = {word.upper() for word in DIGITS.findall(text)} | set(NAME.findall(text))
        found |= words & secrets
        found |= {secret for secret in PLANTED if secret in text}
    return found
