"""The journal's head as a signed file: who keeps a copy finds what was cut off or rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.contracts.ids import new_id
from shared.vault import make_once

PRIVATE_KEY = "journal-key.json"
PUBLIC_KEY = "journal-public.json"
KIND = "juyang-journal-head"
ALGORITHM = "ES256"


def head_key(directory: Path) -> ECKey:
    """The key that signs heads and nothing else, made on first use, its public half beside it."""
    keys = directory / "keys"
    private = keys / PRIVATE_KEY
    if not private.exists():
        fresh = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM, "kid": str(new_id())})
        make_once(private, orjson.dumps(fresh.as_dict(private=True)))
    key = ECKey.import_key(orjson.loads(private.read_bytes()))
    public = keys / PUBLIC_KEY
    if not public.exists():
        public.write_bytes(orjson.dumps(key.as_dict(private=False)))
    return key


def signed(head: Mapping[str, Any], key: ECKey) -> str:
    """A compact JWS over a head."""
    header = {"alg": ALGORITHM, "typ": KIND, "kid": key.kid}
    return jws.serialize_compact(header, orjson.dumps(dict(head)), key, [ALGORITHM])


def read_signed(signature: str, key: ECKey) -> dict[str, Any] | None:
    """The head that a signature vouches for; none when it is not this key's."""
    try:
        found = jws.deserialize_compact(signature, key, [ALGORITHM])
    except (JoseError, ValueError):
        return None
    if found.headers().get("typ") != KIND:
        return None
    head: dict[str, Any] = orjson.loads(found.payload or b"{}")
    return head


def flaw_of(kept: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    """What a kept head says of the seal that has its number now; empty when all is as it was."""
    where = f"seal {kept['nth']} (posting {kept['position']})"
    if found is None:
        return f"{where}: cut, with everything newer"
    same = all(found[name] == kept[name] for name in ("chain", "postings", "position"))
    return "" if same else f"{where}: rewritten, there or before"
