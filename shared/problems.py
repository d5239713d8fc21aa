"""Errors as RFC 9457 problems: a code, Chinese and English text, the field and the mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.responses import JSONResponse

from shared import telemetry
from shared.errors import FieldFlaw, Invalid, Refusal

OUR_NAME = re.compile(r"[A-Za-z][A-Za-z_-]{0,40}[0-9]{0,3}")
UNNAMED = "?"
MEDIA_TYPE = "application/problem+json"

WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("缺少此项，请填写", "this field is missing; add it"),
    "extra_forbidden": (
        "没有这一项，请删除或改正名称",
        "there is no such field; remove or rename it",
    ),
    "string_pattern_mismatch": ("格式不符：{pattern}", "does not match {pattern}"),
    "string_too_short": ("至少 {min_length} 个字符", "needs at least {min_length} characters"),
    "string_too_long": ("至多 {max_length} 个字符", "may have at most {max_length} characters"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "int_from_float": ("应为整数，不得有小数", "must be whole, without decimals"),
    "int_type": ("应为整数", "must be a whole number"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "greater_than": ("应大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("应不小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("应不大于 {le}", "must be at most {le}"),
    "too_long": ("至多 {max_length} 条", "may have at most {max_length} items"),
    "too_short": ("至少 {min_length} 条", "needs at least {min_length} items"),
    "literal_error": ("应为以下之一：{expected}", "must be one of {expected}"),
    "enum": ("应为以下之一：{expected}", "must be one of {expected}"),
    "uuid_parsing": ("应为 UUID", "must be a UUID"),
    "date_from_datetime_parsing": ("应为日期，如 2010-01-31", "must be a date such as 2010-01-31"),
    "date_parsing": ("应为日期，如 2010-01-31", "must be a date such as 2010-01-31"),
    "json_invalid": ("不是有效的 JSON", "is not valid JSON"),
}
INVALID_FIELDS = ("有字段不符合要求，见 errors", "some fields are not acceptable, see errors")
ALLOWED = ("没有这一项；可用：{allowed}", "there is no such field; there are: {allowed}")
OTHER = ("值不符合要求", "the value is not acceptable")
STATUS_WORDS: Mapping[int, tuple[str, str]] = {
    400: ("请求格式有误", "the request is malformed"),
    404: ("没有这个地址", "there is no such address"),
    405: ("此地址不支持该方法", "this address does not take that method"),
    413: ("请求体过大", "the body is too large"),
    415: ("不支持的内容类型", "this content type is not supported"),
}
NOT_ACCEPTABLE = ("请求有误", "the request is not acceptable")


class Flaw(BaseModel):
    """One wrong field."""

    field: str = Field(description="where, as a path: body.amount_fen")
    code: str
    zh: str
    en: str


class Problem(BaseModel):
    """RFC 9457 problem details, extended by `code`, `zh`, `en`, `errors` and `trace_id`."""

    type: str
    title: str
    status: int
    code: str
    zh: str
    en: str
    errors: list[Flaw] = []
    trace_id: str = ""


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in {
        400: "malformed request",
        401: "no valid token",
        403: "not allowed",
        404: "not found",
        409: "conflict with the present state",
        422: "a field is not acceptable",
        503: "try again later",
    }.items()
}


def problem(
    status: int,
    code: str,
    zh: str,
    en: str,
    flaws: tuple[FieldFlaw, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem answer."""
    body = Problem(
        type=f"urn:juyang:problem:{code}",
        title=f"{zh} · {en}",
        status=status,
        code=code,
        zh=zh,
        en=en,
        errors=[Flaw(field=f.field, code=f.code, zh=f.zh, en=f.en) for f in flaws],
        trace_id=telemetry.trace_id(),
    )
    return JSONResponse(
        body.model_dump(), status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def of_status(status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request that no door takes, by its status alone."""
    zh, en = STATUS_WORDS.get(status, NOT_ACCEPTABLE)
    return problem(status, f"http_{status}", zh, en, headers=headers)


def of_refusal(refusal: Refusal) -> JSONResponse:
    """The answer to a refusal of the domain."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.http_status == 401 else None
    return problem(
        refusal.http_status, refusal.code, refusal.zh, refusal.en, refusal.flaws, headers
    )


def flaw_of(error: ErrorDetails) -> FieldFlaw:
    """One validation error in words; never repeats what was sent."""
    context = {key: str(value) for key, value in error.get("ctx", {}).items()}
    zh, en = ALLOWED if "allowed" in context else WORDS.get(error["type"], OTHER)
    try:
        zh, en = zh.format(**context), en.format(**context)
    except KeyError:
        zh, en = OTHER
    return FieldFlaw(path_of(error["loc"]), error["type"], zh, en)


def path_of(place: Iterable[int | str]) -> str:
    """Where a value stands; a name that is not one of ours may itself be somebody's number."""
    return ".".join(
        str(part) if isinstance(part, int) or OUR_NAME.fullmatch(part) else UNNAMED
        for part in place
    )


def invalid(place: str, errors: list[ErrorDetails]) -> Invalid:
    """A refusal from validation errors met inside a door, at a place of the body."""
    flaws = (flaw_of(error) for error in errors)
    return Invalid(
        "invalid_fields",
        *INVALID_FIELDS,
        *(FieldFlaw(f"{place}.{f.field}", f.code, f.zh, f.en) for f in flaws),
    )


def of_validation(errors: list[ErrorDetails]) -> JSONResponse:
    """The answer to a body, path or query that does not fit its model."""
    flaws = tuple(flaw_of(error) for error in errors)
    if any(flaw.code == "json_invalid" for flaw in flaws):
        return problem(
            400, "malformed_json", "请求体不是有效的 JSON", "the body is not valid JSON", flaws
        )
    return problem(
        422,
        "invalid_fields",
        *INVALID_FIELDS,
        flaws,
    )
