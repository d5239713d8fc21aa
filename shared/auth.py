"""Bearer tokens: any OpenID issuer's by its public keys; embedded, a local ES256 key."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, KeySetSerialization

from shared.caller import AGENCY_ROLES, AREA_ROLES, DEFAULT_BODIES, EVERYWHERE, ROLES, Caller
from shared.contracts.ids import new_id
from shared.errors import Unauthorised, Unavailable
from shared.settings import Settings
from shared.vault import make_once

log = logging.getLogger("juyang.auth")
ALGORITHMS = ["ES256", "EdDSA", "Ed25519"]
LEEWAY_S = 30
KEYS_FOR_S = 300
REFETCH_S = 10.0
CACHED_TOKENS = 4096
PRIVATE_KEY = "signing-key.json"
PUBLIC_KEYS = "jwks.json"


def local_key(directory: Path) -> ECKey:
    """The embedded office's signing key, made on first use; its public half lies beside it."""
    keys = directory / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = keys / PRIVATE_KEY
    if not private.exists():
        fresh = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": str(new_id())})
        make_once(private, orjson.dumps(fresh.as_dict(private=True)))
    key = ECKey.import_key(orjson.loads(private.read_bytes()))
    (keys / PUBLIC_KEYS).write_bytes(orjson.dumps({"keys": [key.as_dict(private=False)]}))
    return key


def mint(key: ECKey, settings: Settings, caller: Caller, *, lives_s: int) -> str:
    """A signed token for a caller; `exp` is machine time."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": caller.sub,
        "role": caller.role,
        "area": caller.area,
        "agency": caller.agency,
        "body": caller.body,
        "iat": now,
        "exp": now + lives_s,
        "jti": str(new_id()),
    }
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "JWT"}, claims, key)


def _refused(zh: str, en: str) -> Unauthorised:
    return Unauthorised("unauthorised", zh, en)


class Tokens:
    """Checks tokens against the issuer's public keys; unknown key ids make it look again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: KeySet | None = None
        self._until = 0.0
        self._fetched = -REFETCH_S
        self._cached = lru_cache(CACHED_TOKENS)(self._checked)

    def caller(self, header: str | None) -> Caller:
        """The caller that an Authorization header proves.

        Raises:
            Unauthorised: no token, a bad one, or one that has expired.
        """
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refused(
                "请在 Authorization 头中出示令牌：Bearer <token>",
                "show a token in the Authorization header: Bearer <token>",
            )
        self._key_set()
        caller, expires = self._cached(token)
        if expires + LEEWAY_S < time.time():
            raise _refused("令牌已过期，请重新取得", "the token has expired; get a new one")
        return caller

    def _checked(self, token: str) -> tuple[Caller, float]:
        try:
            claims = self._decode(token)
            registry = jwt.JWTClaimsRegistry(
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.audience},
                sub={"essential": True},
                exp={"essential": True},
            )
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as bad:
            raise _refused(
                "令牌无效（签名、签发者、受众或期限不符）",
                "the token is not valid (signature, issuer, audience or time)",
            ) from bad
        return caller_of(claims), float(claims["exp"])

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            if time.monotonic() - self._fetched < REFETCH_S:
                raise
            self._refresh()
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims

    def _key_set(self) -> KeySet:
        if self._until < time.monotonic():
            self._refresh()
        if self._keys is None:
            raise Unavailable(
                "issuer_away",
                "暂时取不到令牌签发者的公钥，请稍后重试",
                "the token issuer's public keys cannot be had now; try again later",
            )
        return self._keys

    def _refresh(self) -> None:
        """Fetch the keys; while the issuer is away, those known before stay good."""
        self._fetched = time.monotonic()
        self._until = self._fetched + REFETCH_S
        try:
            self._keys = KeySet.import_key_set(self._fetch())
        except (httpx.HTTPError, JoseError, ValueError, OSError) as away:
            log.warning("public keys: %s", type(away).__name__)
            return
        self._until = self._fetched + KEYS_FOR_S
        # A key that the issuer has withdrawn must not live on in checked tokens.
        self._cached.cache_clear()

    def _fetch(self) -> KeySetSerialization:
        where = self._settings.jwks or str(self._settings.directory / "keys" / PUBLIC_KEYS)
        if where.startswith(("http://", "https://")):
            return httpx.get(where, timeout=5).raise_for_status().json()
        return orjson.loads(Path(where).read_bytes())


def caller_of(claims: dict[str, Any]) -> Caller:
    """The caller that checked claims describe.

    Raises:
        Unauthorised: an unknown role, an ill-formed area, or an agency role without agency.
    """
    role, area = str(claims.get("role", "")), str(claims.get("area") or EVERYWHERE)
    agency = str(claims.get("agency") or "")
    if role not in ROLES:
        raise _refused("令牌中的角色未知", "the token's role is unknown")
    if area != EVERYWHERE and not (area.isdigit() and len(area) in (2, 4, 6, 9, 12)):
        raise _refused("令牌中的区划代码格式不对", "the token's area is not an area code")
    if role in AREA_ROLES and area == EVERYWHERE:
        raise _refused("该角色的令牌须注明区划", "a token of this role must name its area")
    if role in AGENCY_ROLES and not agency:
        raise _refused("该角色的令牌须注明机构", "a token of this role must name its agency")
    body = str(claims.get("body") or DEFAULT_BODIES.get(role, ""))
    return Caller(str(claims["sub"]), role, area, agency, body)
