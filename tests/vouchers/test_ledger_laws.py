"""The ledger's laws without a database: sets, totals, the chain's links and the signed head."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jws

from services.vouchers.cards.domain import digest_of, number_of, token_digest_of, token_of
from services.vouchers.ledger.chain import GENESIS, Head, Seal, flaws_of, link, said
from services.vouchers.ledger.domain import (
    Line,
    Totals,
    UnbalancedError,
    balanced,
    not_conserved,
)
from services.vouchers.ledger.head import (
    ALGORITHM,
    PRIVATE_KEY,
    PUBLIC_KEY,
    flaw_of,
    head_key,
    read_signed,
    signed,
)
from services.vouchers.paper.serials import digests_shown, serial_of
from services.vouchers.redemptions.holder import shown_by
from shared.contracts.ids import new_id
from shared.errors import Invalid
from shared.vault import Vault


def line(amount_fen: int) -> Line:
    return Line(new_id(), "holder", amount_fen, "lottery", "110105001")


def test_a_set_that_sums_to_zero_is_booked_as_it_is() -> None:
    lines = [line(3), line(-2), line(-1)]
    assert balanced(iter(lines)) == tuple(lines)
    assert (lines[0].month_on, lines[0].benefit_class, lines[0].agency) == (None, None, "")


@pytest.mark.parametrize("amounts", [(), (1,), (-1,), (1, -2), (0, 0), (1, -1, 0)])
def test_a_set_that_is_empty_lopsided_or_moves_nothing_is_refused(amounts: tuple[int, ...]) -> None:
    with pytest.raises(UnbalancedError):
        balanced(map(line, amounts))


def test_every_issued_fen_has_one_place() -> None:
    whole = Totals(issued_fen=15, redeemed_fen=1, expired_fen=2, revoked_fen=4, outstanding_fen=8)
    assert whole.conserved
    assert Totals().conserved
    for part in ("issued_fen", "redeemed_fen", "expired_fen", "revoked_fen", "outstanding_fen"):
        for by in (-1, 1):
            assert not replace(whole, **{part: getattr(whole, part) + by}).conserved
    assert not Totals(issued_fen=1, redeemed_fen=2, outstanding_fen=-1).conserved


def test_the_cuts_in_which_a_fen_is_missing_are_named() -> None:
    cuts = [("all", Totals()), ("2010-01", Totals(issued_fen=1)), ("A", Totals(revoked_fen=1))]
    assert not_conserved(cuts) == ["2010-01", "A"]


def chain(*sizes: int) -> list[Seal]:
    """Sound seals over so many postings each."""
    found: list[Seal] = []
    postings, value = 0, GENESIS
    for nth, size in enumerate(sizes, 1):
        postings += size
        value = link(value, f"head {nth}", bytes([nth]))
        found.append(Seal(nth, f"head {nth}", postings, size, bytes([nth]), value, whole=True))
    return found


def test_a_link_is_the_digest_of_all_before_it() -> None:
    assert link(b"before", "head", b"content") == hashlib.sha256(b"beforeheadcontent").digest()
    assert bytes(32) == GENESIS


def test_a_sound_chain_has_no_flaws_from_its_beginning_or_from_a_known_head() -> None:
    seals = chain(3, 1, 2)
    assert flaws_of(Head(), seals) == []
    first = seals[0]
    assert flaws_of(Head(first.nth, first.postings, first.chain), seals[1:]) == []


def test_each_flaw_of_a_chain_is_named_with_its_seal() -> None:
    one, two, three = chain(3, 1, 2)
    assert flaws_of(Head(), [one, three]) == ["seals 2 to 2: cut"]
    assert flaws_of(Head(), [three]) == ["seals 1 to 2: cut"]
    assert flaws_of(Head(), [one, replace(two, content=b"x"), three]) == ["seal 2: changed"]
    assert flaws_of(Head(), [one, replace(two, head="x"), three]) == ["seal 2: changed"]
    assert flaws_of(Head(), [one, replace(two, size=2), three]) == ["seal 2: counts 4 postings"]
    edited = replace(two, chain=bytes(32))
    assert flaws_of(Head(), [one, edited, three]) == ["seal 2: changed", "seal 3: changed"]


def test_many_flaws_are_told_in_one_line_and_the_rest_counted() -> None:
    assert said([]) == ""
    assert said(list("abcde")) == "a; b; c; d; e"
    assert said(list("abcdefg")) == "a; b; c; d; e; and 2 more"
    assert said(list("abcdef")) == "a; b; c; d; e; and 1 more"


HEAD: dict[str, Any] = {"nth": 7, "position": 31, "postings": 30, "chain": "ab"}


def test_a_kept_head_finds_what_was_cut_or_rewritten() -> None:
    assert flaw_of(HEAD, dict(HEAD)) == ""
    assert flaw_of(HEAD, None) == "seal 7 (posting 31): cut, with everything newer"
    for name in ("position", "postings", "chain"):
        assert flaw_of(HEAD, {**HEAD, name: 0}) == (
            "seal 7 (posting 31): rewritten, there or before"
        )
    assert flaw_of(HEAD, {**HEAD, "sealed_at": "later"}) == ""


def test_a_head_is_signed_by_a_key_made_once_whose_public_half_can_be_given_away(
    tmp_path: Path,
) -> None:
    (tmp_path / "keys").mkdir()
    key = head_key(tmp_path)
    public = orjson.loads((tmp_path / "keys" / PUBLIC_KEY).read_bytes())
    private = orjson.loads((tmp_path / "keys" / PRIVATE_KEY).read_bytes())
    assert "d" in private
    assert "d" not in public
    assert (public["kty"], public["crv"], public["use"]) == ("EC", "P-256", "sig")
    assert public["alg"] == ALGORITHM
    assert public["kid"] == key.kid
    again = head_key(tmp_path)
    assert again.as_dict(private=True) == key.as_dict(private=True)
    signature = signed(HEAD, key)
    assert read_signed(signature, again) == HEAD
    assert jws.extract_compact(signature.encode()).headers() == {
        "alg": "ES256", "typ": "juyang-journal-head", "kid": key.kid,
    }  # fmt: skip


def test_a_public_half_that_was_lost_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    key = head_key(tmp_path)
    public = tmp_path / "keys" / PUBLIC_KEY
    before = public.read_bytes()
    public.unlink()
    assert head_key(tmp_path).kid == key.kid
    assert public.read_bytes() == before
    public.write_bytes(b"kept")
    head_key(tmp_path)
    assert public.read_bytes() == b"kept"


def test_another_s_signature_another_kind_and_noise_say_nothing(tmp_path: Path) -> None:
    keys = []
    for name in ("ours", "theirs"):
        (tmp_path / name / "keys").mkdir(parents=True)
        keys.append(head_key(tmp_path / name))
    ours, theirs = keys
    assert read_signed(signed(HEAD, theirs), ours) is None
    assert read_signed("noise", ours) is None
    other = jws.serialize_compact({"alg": ALGORITHM, "typ": "JWT"}, b"{}", ours, [ALGORITHM])
    assert read_signed(other, ours) is None
    right = {"alg": ALGORITHM, "typ": "juyang-journal-head"}
    text = jws.serialize_compact(right, b"no json", ours, [ALGORITHM])
    with pytest.raises(orjson.JSONDecodeError):
        read_signed(text, ours)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.at(tmp_path)


def test_a_holder_is_named_by_exactly_one_thing(vault: Vault) -> None:
    card = new_id()
    number, token = number_of(card, vault), token_of(card, 1, vault)
    shown = shown_by([None, number], None, None, vault)
    assert (shown.digests, shown.on_paper) == ((digest_of(number, vault),), False)
    assert shown.card == digest_of(number, vault)
    by_token = shown_by([None, None], token, None, vault)
    assert by_token.card == token_digest_of(token, vault)
    for numbers, qr, paper in (
        ([], None, None), ([number, number], None, None), ([number], token, None),
        ([number], None, ["a"]), ([], token, ["a"]), ([number], token, ["a"]),
    ):  # fmt: skip
        with pytest.raises(Invalid) as caught:
            shown_by(numbers, qr, paper, vault)
        assert caught.value.code == "name_one_holder"
        assert caught.value.flaws[0].field == "body.holder"


def test_damaged_numbers_and_codes_are_told_apart(vault: Vault) -> None:
    for numbers, qr, paper, code in (
        (["1" * 19], None, None, "bad_card_number"),
        ([], "JYQ", None, "bad_qr_token"),
    ):
        with pytest.raises(Invalid) as caught:
            shown_by(numbers, qr, paper, vault)
        assert caught.value.code == code


def test_paper_is_looked_up_by_its_serials_and_is_no_card(vault: Vault) -> None:
    serials = [serial_of(new_id(), vault) for _ in range(2)]
    shown = shown_by([], None, serials, vault)
    assert (shown.digests, shown.on_paper) == (digests_shown(serials, vault), True)
    with pytest.raises(Invalid) as caught:
        assert shown.card
    assert caught.value.code == "paper_not_here"
    assert caught.value.flaws[0].field == "body.holder.paper_serials"
