"""What intake takes for an identity number, a name, a phone and a disability certificate."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.persons.identity import (
    FLAWS,
    Flaw,
    Identity,
    check_character,
    read_certificate,
    read_name,
    read_number,
    read_phone,
)
from shared.contracts.ages import age_on, attained_on

AS_OF = date(2010, 1, 4)


def body(county: str, birth_on: date, order: int) -> str:
    return f"{county}{birth_on:%Y%m%d}{order:03d}"


BODIES = st.builds(
    body,
    st.sampled_from(("110190", "230190")),
    st.dates(date(1900, 1, 1), date(2009, 12, 31)),
    st.integers(1, 999),
)


def number(digits: str) -> str:
    return digits + check_character(digits)


def accepted(text: str) -> Identity:
    read = read_number(text, AS_OF)
    assert isinstance(read, Identity), read
    return read


def refused(text: str) -> str:
    read = read_number(text, AS_OF)
    assert isinstance(read, Flaw)
    return read.code


def test_an_elder_numbered_in_nangang_before_the_code_existed_is_accepted() -> None:
    person = accepted(number("23010319460305001"))
    assert person.birth_on == date(1946, 3, 5)
    assert person.issued_in == "230103"


@pytest.mark.parametrize("county", ["110111", "110112", "110103", "110104", "230105", "230107"])
def test_old_and_abolished_county_codes_are_accepted(county: str) -> None:
    assert accepted(number(f"{county}19300310001")).issued_in == county


def test_the_published_example_of_the_standard_is_accepted() -> None:
    assert accepted("11010519491231002X").sex == "female"


def test_a_wrong_check_character_is_refused_without_repeating_the_number() -> None:
    read = read_number("110105194912310021", AS_OF)
    assert isinstance(read, Flaw)
    assert read.code == "number_check_digit"
    assert "1949" not in read.zh + read.en


def test_a_number_of_15_digits_becomes_one_of_18() -> None:
    assert accepted("110190300310001").number == number("11019019300310001")


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X ",
        "'11010519491231002X",
        "110105-19491231-002x",
        "110105194912310 02ｘ",
    ],
)
def test_however_it_is_typed_it_is_the_same_number(typed: str) -> None:
    assert accepted(typed).number == "11010519491231002X"


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("11019019290229001", "number_birth_date"),
        ("11019019301301001", "number_birth_date"),
        ("11019020100105001", "number_birth_in_future"),
        ("11019018790105001", "number_birth_too_early"),
    ],
)
def test_a_birth_that_cannot_be_is_refused(digits: str, code: str) -> None:
    assert refused(number(digits)) == code


def test_the_29th_of_february_of_a_leap_year_is_a_birthday() -> None:
    assert accepted(number("11019019280229001")).birth_on == date(1928, 2, 29)


def test_a_child_born_on_the_day_is_accepted() -> None:
    assert accepted(number("11019020100104001")).birth_on == AS_OF


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "number_missing"),
        ("　", "number_missing"),
        ("1101051949123100", "number_malformed"),
        ("1101051949123100٢X", "number_malformed"),
        ("X1010519491231002X", "number_malformed"),
        ("11010519491231002Y", "number_malformed"),
        ("无", "number_malformed"),
        ("一一零一零五一九四九一二三一零零二X", "number_malformed"),
    ],
)
def test_what_is_no_number_is_refused(typed: str, code: str) -> None:
    assert refused(typed) == code


@given(BODIES, st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_caught(digits: str, place: int, shift: int) -> None:
    good = number(digits)
    assert isinstance(read_number(good, AS_OF), Identity)
    wrong = str((int(good[place]) + shift) % 10)
    assert refused(good[:place] + wrong + good[place + 1 :]) == "number_check_digit"


@given(BODIES, st.integers(0, 15))
def test_two_neighbouring_digits_changed_round_are_caught(digits: str, place: int) -> None:
    good = number(digits)
    swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
    if swapped != good:
        assert refused(swapped) == "number_check_digit"


@given(st.text(max_size=25))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (read_number(text, AS_OF), read_certificate(text, "11010519491231002X")):
        assert isinstance(read, Flaw | Identity)
    assert isinstance(read_name(text), str | Flaw)
    assert isinstance(read_phone(text), str | Flaw)


@pytest.mark.parametrize(
    "dot", ["·", "•", "・", "･", "．", ".", "‧", " · "], ids=lambda dot: f"U+{ord(dot.strip()):04X}"
)
def test_every_middle_dot_becomes_the_same_one(dot: str) -> None:
    assert read_name(f"买买提{dot}吐尔逊") == "买买提·吐尔逊"


@pytest.mark.parametrize("name", ["王芳", "李㛃", "王𬱖", "张𠮷", "欧阳震华", "〇明"])
def test_names_of_rare_characters_are_names(name: str) -> None:
    assert read_name(name) == name


def test_blanks_inside_a_name_are_left_out() -> None:
    assert read_name(" 王　芳 ") == "王芳"


@pytest.mark.parametrize(
    "name", ["", "王", "·王芳", "王芳·", "买买提··吐", "Wang", "王芳1", "王*芳"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert isinstance(read_name(name), Flaw)


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("15400001234", "15400001234"),
        ("154-0000-1234", "15400001234"),
        ("+86 154 0000 1234", "15400001234"),
        ("１５４００００１２３４", "15400001234"),
        ("010-65001234", "010-65001234"),
        ("(010)65001234", "010-65001234"),
        ("01065001234", "010-65001234"),
        ("0451-82345678", "0451-82345678"),
        ("65001234", "65001234"),
        ("010—65001234转801", "010-65001234-801"),
    ],
)
def test_phones_come_into_one_form(typed: str, phone: str) -> None:
    assert read_phone(typed) == phone


@pytest.mark.parametrize(
    "typed", ["00000000", "123", "22222222", "12345678901", "没有电话", "1540000123"]
)
def test_what_is_no_phone_is_refused(typed: str) -> None:
    assert read_phone(typed) == FLAWS["phone_malformed"]


HOLDER = number("11019019500310001")


def test_a_certificate_tells_category_and_grade() -> None:
    read = read_certificate(f"{HOLDER.lower()} 42", HOLDER)
    assert not isinstance(read, Flaw)
    certificate, disability = read
    assert certificate == f"{HOLDER}42"
    assert (disability.category, disability.grade) == (4, 2)


def test_a_reissued_certificate_has_22_characters() -> None:
    read = read_certificate(f"{HOLDER}71b1", HOLDER)
    assert not isinstance(read, Flaw)
    assert read[0] == f"{HOLDER}71B1"


def test_the_certificate_of_another_is_refused() -> None:
    read = read_certificate(number("11019019500310002") + "42", HOLDER)
    assert read == FLAWS["certificate_of_another"]


@pytest.mark.parametrize("ending", ["02", "82", "40", "45", "4", "42C1", "42BB", "42B", "4２２"])
def test_a_malformed_certificate_is_refused(ending: str) -> None:
    assert read_certificate(HOLDER + ending, HOLDER) == FLAWS["certificate_malformed"]


@pytest.mark.parametrize(
    ("birth_on", "as_of", "age"),
    [
        (date(1930, 3, 10), date(2010, 3, 9), 79),
        (date(1930, 3, 10), date(2010, 3, 10), 80),
        (date(1930, 1, 1), date(2010, 1, 1), 80),
        (date(1946, 12, 31), date(2026, 11, 22), 79),
        (date(1928, 2, 29), date(2009, 2, 27), 80),
        (date(1928, 2, 29), date(2009, 2, 28), 81),
        (date(1928, 2, 29), date(2008, 2, 28), 79),
        (date(1928, 2, 29), date(2008, 2, 29), 80),
        (date(1950, 2, 28), date(2012, 2, 28), 62),
        (date(2010, 1, 4), date(2010, 1, 4), 0),
    ],
)
def test_age_is_full_gregorian_years(birth_on: date, as_of: date, age: int) -> None:
    assert age_on(birth_on, as_of) == age


@given(st.dates(date(1880, 1, 1), date(2010, 1, 1)), st.integers(0, 120))
def test_an_age_is_reached_on_its_day_and_not_the_day_before(birth_on: date, age: int) -> None:
    day = attained_on(birth_on, age)
    assert age_on(birth_on, day) == age
    assert age_on(birth_on, date.fromordinal(day.toordinal() - 1)) == age - 1
