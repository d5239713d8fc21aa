"""Sheets to print: each voucher with its QR code, serial, worth in words and validity."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import segno

from services.vouchers.paper.serials import shown
from shared.printing import printed

TEMPLATE = Path(__file__).with_name("sheet.typ").read_bytes()
TITLE = "朝阳区居家养老（助残）服务券"
OFFICE = "北京市朝阳区民政局"
WHERE = "限北京市朝阳区内已准入的服务单位使用"
RULES = "整张使用一次，不找零、不兑现、不转让；遗失不补，可挂失停用；过期作废。"
DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = ("", "拾", "佰", "仟")
FEN_IN_YUAN = 100
FEN_IN_JIAO = 10
TEN = 10


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher to be printed; its serial is shown nowhere but on the sheet."""

    serial: str = field(repr=False)
    amount_fen: int
    bundle: int
    month_on: date
    valid_until_on: date


def capital(amount_fen: int) -> str:
    """An amount in the capital figures of vouchers and cheques (below ten thousand yuan)."""
    yuan, fen = divmod(amount_fen, FEN_IN_YUAN)
    jiao, fen = divmod(fen, FEN_IN_JIAO)
    words = f"{_counted(yuan)}元" if yuan else ""
    if not jiao and not fen:
        return f"{words}整"
    words += f"{DIGITS[jiao]}角" if jiao else "零" if yuan else ""
    return words + (f"{DIGITS[fen]}分" if fen else "整")


def _counted(number: int) -> str:
    words, gap = "", False
    for place in range(len(UNITS) - 1, -1, -1):
        digit = number // TEN**place % TEN
        if digit:
            words += ("零" if gap and words else "") + DIGITS[digit] + UNITS[place]
        gap = not digit
    return words


def sheet(vouchers: Sequence[Voucher], area_code: str, made_on: date) -> bytes:
    """The pages of some bundles, in their order."""
    bundles = [
        {
            "head": f"社区 {area_code}　第 {number} 份　制于 {made_on}",
            "vouchers": [_said(voucher) for voucher in group],
        }
        for number, group in groupby(vouchers, key=lambda voucher: voucher.bundle)
    ]
    words = {"title": TITLE, "office": OFFICE, "where": WHERE, "rules": RULES, "bundles": bundles}
    return printed(TEMPLATE, words, made_on)


def _said(voucher: Voucher) -> Mapping[str, Any]:
    serial = shown(voucher.serial)
    return {
        "qr": qr(voucher.serial),
        "yuan": f"{voucher.amount_fen // FEN_IN_YUAN} 元",
        "capital": capital(voucher.amount_fen),
        "month": f"{voucher.month_on.year} 年 {voucher.month_on.month} 月",
        "valid": f"{voucher.month_on:%Y-%m-%d} 至 {voucher.valid_until_on:%Y-%m-%d}",
        "serial": serial,
        "check": voucher.serial[-1],
    }


def qr(serial: str) -> str:
    """The QR code of a serial as a picture; it says the serial alone, and no address."""
    made = io.BytesIO()
    segno.make_qr(serial, error="m").save(made, kind="svg", border=2, xmldecl=False)
    return made.getvalue().decode()
