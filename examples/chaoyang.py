"""The example roster of a Chaoyang street: who is on it, and the mess that such files arrive in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random

from examples.people import (
    DOTTED,
    RARE,
    Person,
    Registry,
    certificate,
    full_width,
    old_form,
    with_wrong_check,
)

AS_OF = date(2010, 1, 4)
STREET = "八里庄街道"
STREET_CODE = "110105015"
ROWS = 2000
TITLE = "朝阳区八里庄街道居家养老（助残）服务对象名册（演示用，全部为虚构）"
HEADINGS = (
    "序号",
    "姓 名",
    "性别",
    "公民身份号码",
    "出生日期",
    "联系电话",
    "所属街道",
    "社区（村）",
    "户籍所在地",
    "残疾人证号",
    "是否就业",
    "申请项目",
    "死亡日期",
    "迁出日期",
    "备注",
)
# Five-year steps of the elders' pyramid (people over 80 are over-represented: they apply).
OLDEST = {80: 63, 85: 26, 90: 8, 95: 2, 100: 1}
SIXTY_TO_79 = {60: 27, 65: 25, 70: 27, 75: 21}
HUKOU = ("北京市朝阳区",) * 14 + (
    "朝阳区",
    "北京朝阳",
    "北京市海淀区",
    "东城区",
    "北京市通州区",
    "河北省",
)


def people(registry: Registry, communities: list[str]) -> list[Person]:
    """2,000 rows with their cells, the crafted cases first and then shuffled in."""
    chance = registry.chance
    rows = _at_the_limit(registry) + _named(registry) + _twenty_ninth(registry)
    crafted = len(rows)
    while len(rows) < ROWS - len(_TWICE):
        rows.append(_anybody(registry))
    for person in rows:
        person.cells = _cells(person, registry, communities) | person.cells
    _spoil(rows[crafted:])
    ordinary = rows[crafted + SPOILT :]
    for dress in _TWICE:
        twin = chance.choice(ordinary)
        rows.append(Person(twin.name, twin.sex, twin.birth_on, twin.number, dict(twin.cells)))
        rows[-1].cells["公民身份号码"] = dress(twin.number)
        rows[-1].cells["联系电话"] = registry.phone()
    chance.shuffle(rows)
    for number, person in enumerate(rows, start=1):
        person.cells["序号"] = number
    return rows


_TWICE = (str.strip, str.strip, old_form, old_form, full_width, full_width)
SPOILT = 68


def _step(chance: Random, steps: dict[int, int]) -> int:
    (start,) = chance.choices(list(steps), weights=list(steps.values()))
    return start + chance.randrange(5)


def _anybody(registry: Registry) -> Person:
    chance = registry.chance
    draw = chance.random()
    if draw < 0.41:
        person = registry.aged(_step(chance, OLDEST), AS_OF)
        person.cells = _papers(person, chance, share=0.12)
        person.cells["申请项目"] = "养老券" if chance.random() < 0.97 else ""
    elif draw < 0.87:
        person = registry.aged(_step(chance, SIXTY_TO_79), AS_OF)
        person.cells = _papers(person, chance, share=0.36)
        severe = str(person.cells["残疾人证号"])[19:20] in ("1", "2")
        applies = chance.random() < (0.96 if severe else 0.12)
        person.cells["申请项目"] = "养老（助残）券" if applies else ""
    else:
        person = registry.aged(chance.randrange(16, 60), AS_OF)
        person.cells = _papers(person, chance, share=1.0)
        person.cells["是否就业"] = chance.choice(("否", "否", "否", "无业", "是", "在职", ""))
        person.cells["申请项目"] = "助残券" if chance.random() < 0.9 else ""
    return person


def _papers(person: Person, chance: Random, share: float) -> dict[str, object]:
    if chance.random() >= share:
        return {"残疾人证号": chance.choice(("无", "无", "无", ""))}
    category, grade = chance.randrange(1, 8), chance.choice((1, 1, 2, 2, 2, 2, 3, 4))
    reissued = 1 if chance.random() < 0.06 else 0
    return {"残疾人证号": certificate(person.number, category, grade, reissued)}


def _cells(person: Person, registry: Registry, communities: list[str]) -> dict[str, object]:
    chance = registry.chance
    return {
        "姓 名": person.name,
        "性别": person.sex,
        "公民身份号码": person.number,
        "出生日期": _birth_as_typed(person.birth_on, chance),
        "联系电话": registry.phone() if chance.random() < 0.8 else "",
        "所属街道": chance.choice((STREET, STREET, STREET, "八里庄")),
        "社区（村）": chance.choice(communities),
        "户籍所在地": chance.choice(HUKOU) if chance.random() < 0.99 else "",
    }


def _birth_as_typed(day: date, chance: Random) -> object:
    (form,) = chance.choices(range(6), weights=(50, 15, 10, 10, 8, 7))
    texts = (
        f"{day.year}-{day.month}-{day.day}",
        f"{day:%Y/%m/%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        "",
    )
    return texts[form - 1] if form else datetime(day.year, day.month, day.day)


def _at_the_limit(registry: Registry) -> list[Person]:
    """Healthy applicants round the 80th birthday, and the disabled round 16 and 60."""
    march = [date(1930, 3, day) for day in (1, 10, 10, 18, 25)]
    days = [*march, date(1930, 1, 1), date(1930, 1, 2), date(1929, 12, 31), date(1930, 2, 14)]
    rows = [registry.person(day) for day in days]
    for person in rows:
        person.cells = {"残疾人证号": "无", "申请项目": "养老券"}
    young = [(date(1950, 1, 1), "是"), (date(1950, 2, 1), "是"), (date(1994, 1, 1), "否")]
    for day, employed in young:
        person = registry.person(day)
        person.cells = {"残疾人证号": certificate(person.number, 4, 1), "是否就业": employed}
        person.cells["申请项目"] = "助残券"
        rows.append(person)
    for person in rows:
        person.cells["户籍所在地"] = "北京市朝阳区"
    return rows


def _named(registry: Registry) -> list[Person]:
    """Names with a middle dot however typed, and with characters beyond the common set."""
    rows = []
    for name in DOTTED + RARE:
        person = registry.person(
            date(1925, 5, 5) + timedelta(days=registry.chance.randrange(1500)), name
        )
        person.cells = {"残疾人证号": "无", "申请项目": "养老券"}
        rows.append(person)
    return rows


def _twenty_ninth(registry: Registry) -> list[Person]:
    """Born on 29 February, each written differently; two of them on a day that never was."""
    rows = [registry.person(date(year, 2, 29)) for year in (1920, 1924, 1928, 1932)]
    forms = ("1920-2-29", "1924年2月29日", datetime(1928, 2, 29), "19320229")
    for person, form in zip(rows, forms, strict=True):
        person.cells = {"出生日期": form, "残疾人证号": "无", "申请项目": "养老券"}
    never = registry.person(date(1929, 3, 1))
    never.cells = {"出生日期": "1929-2-29", "残疾人证号": "无", "申请项目": "养老券"}
    return [*rows, never]


def _spoil(rows: list[Person]) -> None:
    """The mess, dealt out to rows that are alike otherwise; together they are `SPOILT` rows."""
    deck = iter(rows)
    for person in islice(deck, 20):
        person.cells["公民身份号码"] = with_wrong_check(person.number)
    for person in islice(deck, 12):
        person.cells["公民身份号码"] = old_form(person.number)
    for person in islice(deck, 6):
        person.cells["公民身份号码"] = full_width(person.number)
    _spoil_papers(deck)
    for at, person in enumerate(islice(deck, 12), start=1):
        person.cells["死亡日期"] = f"2009-{at}-{at * 2}" if at % 2 else datetime(2009, at, 3)
    for at, person in enumerate(islice(deck, 10), start=1):
        person.cells["迁出日期"] = f"2009年{at}月15日"
    for person in rows[::2]:
        person.cells["公民身份号码"] = str(person.cells["公民身份号码"]).lower()


def _spoil_papers(deck: Iterator[Person]) -> None:
    holder, other, worn = islice(deck, 3)
    holder.cells["残疾人证号"] = certificate(other.number, 1, 2)
    worn.cells["残疾人证号"] = worn.number + "15"
    for person in islice(deck, 2):
        person.cells["出生日期"] = "1931-01-01"
        person.cells["性别"] = "女" if person.sex == "男" else "男"
    next(deck).cells["社区（村）"] = "幸福里社区"
    next(deck).cells["联系电话"] = "00000000"
    next(deck).cells["户籍所在地"] = "老家"
