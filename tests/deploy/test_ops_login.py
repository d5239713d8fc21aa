"""Who gets into `/ops`, by which cookie, and that no other site can act there."""

from __future__ import annotations

import pytest

from shared.auth import local_key, mint
from shared.caller import Caller
from tests.deploy.ops import HERE, NAME, SOMEBODY, visiting, with_pages
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
PAGES = ("/ops", "/ops/chains/x", "/ops/persons/x", "/ops/traces/x")


@pytest.fixture
def office(desk: OfficeDesk) -> OfficeDesk:
    return with_pages(desk)


@pytest.mark.parametrize("page", PAGES)
async def test_nobody_sees_anything_without_a_token(office: OfficeDesk, page: str) -> None:
    async with office.nobody() as http:
        answer = await http.get(page)
        sought = await http.post("/ops/search", data={"id": SOMEBODY}, headers=HERE)
    assert (answer.status_code, sought.status_code) == (401, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "请先用令牌登录" in answer.text
    assert "log in with a token first" in answer.text
    assert 'action="/ops/login"' in answer.text
    assert 'id="letters"' not in answer.text


def expired(office: OfficeDesk) -> str:
    settings = office.office.runtimes["intake"].settings
    return mint(local_key(office.directory), settings, Caller("wang", "operator"), lives_s=-3600)


async def test_a_bad_token_is_refused_in_both_languages_and_not_repeated(
    office: OfficeDesk,
) -> None:
    good = office.token("operator")
    bad = ("garbage", "", good[:-6] + "AAAAAA", expired(office), NAME, "x" * 9_000, "a.b.c")
    async with office.nobody() as http:
        for token in bad:
            answer = await http.post("/ops/login", data={"token": token}, headers=HERE)
            assert answer.status_code == 401, token
            assert "令牌" in answer.text
            assert "token" in answer.text
            assert "set-cookie" not in answer.headers
            assert not token or f">{token}<" not in answer.text
        long = await http.post("/ops/login", data={"token": "x" * 50_000}, headers=HERE)
    assert long.status_code == 422


@pytest.mark.parametrize("role", ["street_officer", "district_officer", "hotline", "finance"])
async def test_other_roles_are_refused_at_the_login_and_with_a_cookie(
    office: OfficeDesk, role: str
) -> None:
    token = office.token(role, area="110105")
    async with office.nobody() as http:
        entered = await http.post("/ops/login", data={"token": token}, headers=HERE)
        shown = await http.get("/ops", headers={"Cookie": f"juyang_ops={token}"})
    assert (entered.status_code, shown.status_code) == (403, 403)
    assert "set-cookie" not in entered.headers
    assert "operator" in shown.text
    assert 'id="letters"' not in shown.text


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: OfficeDesk) -> None:
    form = {"token": f"  {office.token('auditor')}\n", "next": "/ops/chains/x"}
    async with office.nobody() as http:
        entered = await http.post("/ops/login", data=form, headers=HERE)
    cookie = entered.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/ops"} <= set(cookie.split("; "))
    assert "max-age" not in cookie
    assert entered.headers["location"] == "/ops/chains/x"
    assert "frame-ancestors 'none'" in entered.headers["content-security-policy"]


@pytest.mark.parametrize("place", ["//evil.example/", "https://evil.example", "/ops/\\evil", "/"])
async def test_a_login_never_leads_away(office: OfficeDesk, place: str) -> None:
    form = {"token": office.token("operator"), "next": place}
    async with office.nobody() as http:
        entered = await http.post("/ops/login", data=form, headers=HERE)
    assert entered.headers["location"] == "/ops"


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://office.evil"])
@pytest.mark.parametrize("act", ["login", "logout", "search"])
async def test_a_form_from_elsewhere_is_refused(
    office: OfficeDesk, act: str, origin: str | None
) -> None:
    headers = {"Origin": origin} if origin else {}
    async with visiting(office) as http:
        answer = await http.post(
            f"/ops/{act}", data={"token": office.token("operator")}, headers=headers
        )
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert (await http.get("/ops")).status_code == 200


async def test_after_the_logout_the_page_is_closed(office: OfficeDesk) -> None:
    async with visiting(office) as http:
        assert (await http.get("/ops")).status_code == 200
        left = await http.post("/ops/logout", headers=HERE)
        assert (left.status_code, left.headers["location"]) == (303, "/ops")
        assert (await http.get("/ops")).status_code == 401
