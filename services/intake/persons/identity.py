"""Identity numbers, names, phones and disability certificates: read, mended and checked for intake.

Every reader takes what a person wrote and returns the normalised value or a `Flaw`;
a flaw never repeats what was written, so it may stand in logs, errors and reject lists.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from operator import mul
from typing import Literal

from shared.contracts.facts import Disability

NUMBER_LENGTH = 18
OLD_NUMBER_LENGTH = 15
OLD_CENTURY = "19"
AREA = slice(0, 6)
AFTER_AREA = slice(6, None)
BODY = slice(0, 17)
BIRTH_YEAR = slice(6, 10)
BIRTH_MONTH = slice(10, 12)
BIRTH_DAY = slice(12, 14)
ORDER_PARITY = 16
OLDEST_YEARS = 130

# MOD 11-2 of GB 11643: weights by place, check characters by remainder.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
ASCII_OFFSET = ord("0") * sum(WEIGHTS)
FILLERS = str.maketrans("", "", " \t\r\n\u00a0\u3000\u200b\ufeff'`-")

# How the middle dot of names is typed; all mean U+00B7.
MIDDLE_DOT = "\u00b7"
DOTS_TYPED = "•・･．.‧∙⋅●"
DOTS = str.maketrans(DOTS_TYPED, MIDDLE_DOT * len(DOTS_TYPED), " \t\r\n\u3000\u00a0")
HAN = "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
NAME = re.compile(f"[{HAN}]+(?:{MIDDLE_DOT}[{HAN}]+)*")
SHORTEST_NAME = 2
LONGEST_NAME = 50

PHONE_MARKS = str.maketrans("", "", " \t\r\n()")
COUNTRY_CODES = ("+86", "0086")
MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"(?:(010|02\d|0[3-9]\d{2})-?)?([2-9]\d{6,7})(?:(?:-|转|#|x)(\d{1,6}))?")
FEWEST_DIFFERENT_DIGITS = 2

CERTIFICATE_LENGTH = 20
REISSUED_LENGTH = 22
HOLDER = slice(0, NUMBER_LENGTH)
CATEGORY, GRADE, REISSUE_MARK, REISSUE_COUNT = 18, 19, 20, 21
CATEGORIES = "1234567"
GRADES = "1234"

Sex = Literal["male", "female"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field and how to mend it, in two languages, without the value."""

    code: str
    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Identity:
    """An 18-character citizen number in normal form, with what it says of its holder."""

    number: str
    birth_on: date
    sex: Sex

    @property
    def issued_in(self) -> str:
        """The county code at first issue: advice only, neither the hukou nor the home of today."""
        return self.number[AREA]


def _flaws(field: str, **texts: tuple[str, str]) -> dict[str, Flaw]:
    return {code: Flaw(code, field, zh, en) for code, (zh, en) in texts.items()}


FLAWS: dict[str, Flaw] = {
    **_flaws(
        "id_number",
        number_missing=("请填写公民身份号码", "fill in the citizen identity number"),
        number_malformed=(
            "应为18位（末位可为X）或第一代15位数字，请对照证件重填",
            "must be 18 characters (the last may be X) or 15 digits; copy it again from the card",
        ),
        number_check_digit=(
            "校验码不符，至少有一位录错，请对照证件逐位核对",
            "the check character does not fit: at least one digit is wrong; compare with the card",
        ),
        number_birth_date=(
            "号码中的出生日期不存在，请对照证件重填",
            "the birth date inside the number does not exist; copy it again from the card",
        ),
        number_birth_in_future=(
            "号码中的出生日期晚于办理日，请对照证件重填",
            "the birth date inside the number lies in the future; copy it again from the card",
        ),
        number_birth_too_early=(
            "号码中的出生日期早于130年前，请对照证件重填",
            "the birth date inside the number is over 130 years ago; copy it again from the card",
        ),
        number_spoiled=(
            "单元格是数字格式，Excel已抹去末几位；请改为文本格式后重填",
            "Excel lost the last digits of this number; format the cell as text and type it again",
        ),
    ),
    **_flaws(
        "name",
        name_missing=("请填写姓名", "fill in the name"),
        name_malformed=(
            "姓名应为两个以上汉字，间隔号用“·”；生僻字请用国家标准字库的字",
            "a name is two or more Han characters, parts joined by a middle dot; "
            "type rare characters from the standard character set",
        ),
    ),
    **_flaws(
        "phone",
        phone_malformed=(
            "请填一个手机号（11位）或固定电话（如010-65000000），没有则留空",
            "give one mobile (11 digits) or landline (such as 010-65000000), or leave it empty",
        ),
    ),
    **_flaws(
        "disability_certificate",
        certificate_malformed=(
            "残疾人证号应为20位（补发为22位：另加B和一位数字），第19位为类别1-7，第20位为等级1-4",
            "a certificate has 20 characters (22 when reissued: B and a digit); "
            "the 19th is the category 1-7, the 20th the grade 1-4",
        ),
        certificate_of_another=(
            "残疾人证号前18位与本人身份号码不一致，请核对是否填了他人的证",
            "its first 18 characters are not the holder's number; is it somebody else's?",
        ),
    ),
}


def plain(text: str) -> str:
    """Half-width form of the text, without the blanks, quotes and hyphens that typing leaves."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).translate(FILLERS)


def check_character(body: str) -> str:
    """The check character (MOD 11-2) of the first 17 digits."""
    return CHECKS[(sum(map(mul, body.encode(), WEIGHTS)) - ASCII_OFFSET) % len(CHECKS)]


def read_number(text: str, as_of: date) -> Identity | Flaw:
    """A citizen number of either generation in its 18-character form, or what is wrong with it.

    The county code is not checked: the numbers of today's elders carry abolished codes.
    """
    number = plain(text).upper()
    if not number:
        return FLAWS["number_missing"]
    if not number.isascii():
        return FLAWS["number_malformed"]
    if len(number) == OLD_NUMBER_LENGTH and number.isdigit():
        body = number[AREA] + OLD_CENTURY + number[AFTER_AREA]
        number = body + check_character(body)
    body = number[BODY]
    if len(number) != NUMBER_LENGTH or not body.isdigit() or number[-1] not in CHECKS:
        return FLAWS["number_malformed"]
    if check_character(body) != number[-1]:
        return FLAWS["number_check_digit"]
    return _with_birth(number, as_of)


def _with_birth(number: str, as_of: date) -> Identity | Flaw:
    try:
        year, month, day = int(number[BIRTH_YEAR]), int(number[BIRTH_MONTH]), int(number[BIRTH_DAY])
        birth_on = date(year, month, day)
    except ValueError:
        return FLAWS["number_birth_date"]
    if birth_on > as_of:
        return FLAWS["number_birth_in_future"]
    if birth_on.year < as_of.year - OLDEST_YEARS:
        return FLAWS["number_birth_too_early"]
    return Identity(number, birth_on, "male" if int(number[ORDER_PARITY]) % 2 else "female")


def read_name(text: str) -> str | Flaw:
    """A name of two or more Han characters, its middle dots brought to U+00B7."""
    name = text.translate(DOTS)
    if not name:
        return FLAWS["name_missing"]
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME or NAME.fullmatch(name) is None:
        return FLAWS["name_malformed"]
    return name


def read_phone(text: str) -> str | Flaw:
    """A mobile as 11 digits, or a landline as area-number-extension, of the parts given."""
    phone = text if text.isascii() else unicodedata.normalize("NFKC", text)
    phone = phone.translate(PHONE_MARKS).replace("—", "-").replace("–", "-")
    for code in COUNTRY_CODES:
        phone = phone.removeprefix(code)
    digits = phone.replace("-", "")
    if MOBILE.fullmatch(digits):
        return digits
    landline = LANDLINE.fullmatch(phone)
    if landline is None or len(set(landline[2])) < FEWEST_DIFFERENT_DIGITS:
        return FLAWS["phone_malformed"]
    return "-".join(part for part in landline.groups() if part)


def read_certificate(text: str, holder: str) -> tuple[str, Disability] | Flaw:
    """A certificate in normal form with its category and grade; `holder` is the person's number."""
    certificate = plain(text).upper()
    reissued = len(certificate) == REISSUED_LENGTH
    if not certificate.isascii() or not (reissued or len(certificate) == CERTIFICATE_LENGTH):
        return FLAWS["certificate_malformed"]
    if reissued and not _is_reissue(certificate):
        return FLAWS["certificate_malformed"]
    if certificate[CATEGORY] not in CATEGORIES or certificate[GRADE] not in GRADES:
        return FLAWS["certificate_malformed"]
    if certificate[HOLDER] != holder:
        return FLAWS["certificate_of_another"]
    category, grade = int(certificate[CATEGORY]), int(certificate[GRADE])
    return certificate, Disability(category=category, grade=grade)


def _is_reissue(certificate: str) -> bool:
    return certificate[REISSUE_MARK] == "B" and certificate[REISSUE_COUNT].isdigit()
