"""Tokens: only what the issuer signed for this office opens a door, and only to its role."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from shared.auth import REFETCH_S, Tokens, local_key
from shared.contracts.ids import new_id
from shared.errors import Unauthorised, Unavailable
from shared.settings import Settings
from tests.desk import OfficeDesk

HOUR_S = 3600
GOOD: dict[str, Any] = {
    "iss": "juyang-embedded",
    "aud": "juyang",
    "sub": "li",
    "role": "street_officer",
    "area": "110105015",
}


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    local_key(tmp_path)
    return Tokens(Settings(data=tmp_path))


def token(directory: Path, key: ECKey | None = None, **claims: Any) -> str:
    key = key or local_key(directory)
    said = {"exp": int(time.time()) + HOUR_S, **GOOD, **claims}
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": key.kid}, kept, key)


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


def test_a_good_token_tells_who_is_asking(tokens: Tokens, tmp_path: Path) -> None:
    caller = tokens.caller(f"Bearer {token(tmp_path)}")
    assert (caller.sub, caller.role, caller.area) == ("li", "street_officer", "110105015")
    assert tokens.caller(f"bearer {token(tmp_path)}") == caller


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "tomorrow"},
        {"aud": "another-office"},
        {"aud": None},
        {"iss": "another-issuer"},
        {"sub": None},
        {"sub": ""},
        {"nbf": 4_000_000_000},
        {"role": "mayor"},
        {"role": None},
        {"area": None},
        {"area": "11010501"},
        {"area": "%"},
        {"area": "110105015,%"},
        {"role": "partner", "area": None},
        {"role": "provider", "agency": ""},
    ],
    ids=str,
)
def test_a_signed_token_that_does_not_say_enough_is_refused(
    tokens: Tokens, tmp_path: Path, claims: dict[str, Any]
) -> None:
    with pytest.raises(Unauthorised):
        tokens.caller(f"Bearer {token(tmp_path, **claims)}")


def test_clocks_may_differ_by_half_a_minute_and_no_more(tokens: Tokens, tmp_path: Path) -> None:
    last = token(tmp_path, exp=int(time.time()) - 10)
    assert tokens.caller(f"Bearer {last}").sub == "li"
    gone = token(tmp_path, exp=int(time.time()) - 31)
    with pytest.raises(Unauthorised):
        tokens.caller(f"Bearer {gone}")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic bGk6", "Bearer a.b.c"])
def test_without_a_token_nobody_is_anybody(tokens: Tokens, header: str | None) -> None:
    with pytest.raises(Unauthorised):
        tokens.caller(header)


def test_a_token_of_another_key_is_refused(tokens: Tokens, tmp_path: Path) -> None:
    mine = local_key(tmp_path)
    other = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": mine.kid or ""})
    with pytest.raises(Unauthorised):
        tokens.caller(f"Bearer {token(tmp_path, other)}")


def test_a_token_without_a_signature_is_refused(tokens: Tokens) -> None:
    claims = {**GOOD, "exp": int(time.time()) + HOUR_S}
    for alg in ("none", "None", "HS256"):
        with pytest.raises(Unauthorised):
            tokens.caller(f"Bearer {part({'alg': alg})}.{part(claims)}.")


def test_a_public_key_does_not_serve_as_a_shared_secret(tokens: Tokens, tmp_path: Path) -> None:
    public = (tmp_path / "keys" / "jwks.json").read_bytes()
    forged = jwt.encode({"alg": "HS256"}, {**GOOD, "exp": 2**33}, OctKey.import_key(public))
    with pytest.raises(Unauthorised):
        tokens.caller(f"Bearer {forged}")


def test_tampered_claims_are_refused(tokens: Tokens, tmp_path: Path) -> None:
    head, claims, signature = token(tmp_path).split(".")
    said = orjson.loads(base64.urlsafe_b64decode(claims + "=="))
    wider = part({**said, "area": "110105"})
    with pytest.raises(Unauthorised):
        tokens.caller(f"Bearer {head}.{wider}.{signature}")


def test_while_the_issuer_is_away_the_answer_is_to_try_again(tmp_path: Path) -> None:
    away = Tokens(Settings(data=tmp_path, jwks="http://127.0.0.1:1/jwks.json"))
    local_key(tmp_path)
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(Unavailable):
            away.caller(f"Bearer {token(tmp_path)}")
    assert time.monotonic() - started < REFETCH_S


@pytest.mark.anyio
async def test_the_door_says_401_with_a_code_and_how_to_mend_it(desk: OfficeDesk) -> None:
    async with desk.nobody() as nobody:
        for path in ("/intake/v1/persons", f"/vouchers/v1/accounts/{new_id()}"):
            answer = await nobody.get(path)
            problem = answer.json()
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["code"] == "unauthorised"
            assert problem["zh"]
            assert problem["en"]


@pytest.mark.anyio
async def test_a_role_that_may_not_is_told_who_may(desk: OfficeDesk) -> None:
    async with desk.as_("finance") as finance:
        answer = await finance.get("/intake/v1/persons")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")
    assert "street_officer" in answer.json()["en"]


@pytest.mark.anyio
async def test_the_area_list_and_health_need_no_token(desk: OfficeDesk) -> None:
    async with desk.nobody() as nobody:
        paths = ("/intake/v1/areas", "/intake/health", "/intake/ready", "/vouchers/health")
        answers: list[httpx.Response] = [await nobody.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
