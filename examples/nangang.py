"""The example roster of a Nangang street: elders living alone, their means and their children."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from examples.people import Person, Registry, certificate, full_width, old_form, with_wrong_check

AS_OF = date(2010, 1, 4)
STREET = "芦家街道"
STREET_CODE = "230103006"
# A second street, which has not been started (N-22): its people can be held, not approved.
OTHER_STREET = "文化街道"
OTHER_STREET_CODE = "230103004"
OTHER_ROWS = 10
ROWS = 300
TITLE = "南岗区居家养老服务对象摸底登记表（演示用，全部为虚构）"
HEADINGS = (
    "序号",
    "老人姓名",
    "身份证号码",
    "手机",
    "街道",
    "社区",
    "户籍",
    "家庭人口",
    "家庭月收入（元）",
    "低保",
    "三无",
    "孤寡",
    "特困证",
    "居住状况",
    "子女情况",
    "残疾证号",
    "申请项目",
    "死亡日期",
    "迁出日期",
)
PYRAMID = {65: 32, 70: 29, 75: 21, 80: 12, 85: 5, 90: 1}
Cells = dict[str, object]

NO_FLAGS: Cells = {"低保": "否", "三无": "否", "孤寡": "否", "特困证": "否"}
ALONE: Cells = NO_FLAGS | {"家庭人口": 1, "居住状况": "独居"}


def people(registry: Registry, communities: list[str], other: list[str]) -> list[Person]:
    """300 rows with their cells; ten of them live in the street that is not started."""
    chance = registry.chance
    rows = _at_the_limit(registry)
    crafted = len(rows)
    kinds, weights = list(KINDS), list(KINDS.values())
    while len(rows) < ROWS - 2:
        (kind,) = chance.choices(kinds, weights=weights)
        rows.append(kind(registry))
    for at, person in enumerate(rows):
        elsewhere = at >= len(rows) - OTHER_ROWS
        person.cells = {
            "老人姓名": person.name,
            "身份证号码": person.number,
            "手机": registry.phone() if chance.random() < 0.8 else "",
            "街道": OTHER_STREET if elsewhere else STREET,
            "社区": chance.choice(other if elsewhere else communities),
            "户籍": chance.choice(("哈尔滨市南岗区", "南岗区", "黑龙江省哈尔滨市南岗区")),
            "残疾证号": "无",
            "申请项目": "居家养老服务",
        } | person.cells
    _spoil(rows[crafted:])
    for twin in rows[crafted + 20 : crafted + 22]:
        rows.append(Person(twin.name, twin.sex, twin.birth_on, twin.number, dict(twin.cells)))
    rows[-1].cells["身份证号码"] = old_form(rows[-1].number)
    chance.shuffle(rows)
    for number, person in enumerate(rows, start=1):
        person.cells["序号"] = number
    return rows


def _elder(registry: Registry, cells: Cells) -> Person:
    chance = registry.chance
    (start,) = chance.choices(list(PYRAMID), weights=list(PYRAMID.values()))
    person = registry.aged(start + chance.randrange(5), AS_OF)
    person.cells = dict(cells)
    return person


def _low_income(registry: Registry) -> object:
    yuan = registry.chance.randrange(180, 480)
    return registry.chance.choice((yuan, f"{yuan}.00", f"{yuan}元", float(yuan) + 0.5))


def _sanwu(registry: Registry) -> Person:
    return _elder(registry, ALONE | {"三无": "是", "子女情况": "无", "家庭月收入（元）": 0})


def _gulao(registry: Registry) -> Person:
    income = _low_income(registry)
    children = registry.chance.choice(("无", "无子女", "已故", "已故;已故"))
    return _elder(
        registry, ALONE | {"孤寡": "是", "子女情况": children, "家庭月收入（元）": income}
    )


def _children_away(registry: Registry) -> Person:
    flag = registry.chance.choice(("低保", "低保", "特困证"))
    children = registry.chance.choice(("外地", "外地;外地", "外地；国外", "外地、外地、已故"))
    income = _low_income(registry)
    return _elder(registry, ALONE | {flag: "是", "子女情况": children, "家庭月收入（元）": income})


def _children_unable(registry: Registry) -> Person:
    children = registry.chance.choice(("本市低保", "本市重残", "本市低保;本市重残"))
    income = _low_income(registry)
    return _elder(
        registry, ALONE | {"低保": "是", "子女情况": children, "家庭月收入（元）": income}
    )


def _mixed_children(registry: Registry) -> Person:
    children = registry.chance.choice(("外地;本市低保", "外地;本市重残", "外地;县"))
    income = _low_income(registry)
    return _elder(
        registry, ALONE | {"低保": "是", "子女情况": children, "家庭月收入（元）": income}
    )


def _with_spouse(registry: Registry) -> Person:
    home = registry.chance.choice(("与老年配偶同住", "与重残配偶同住", "与年轻配偶同住"))
    cells: Cells = {"低保": "是", "家庭人口": 2, "居住状况": home, "子女情况": "外地"}
    return _elder(
        registry, NO_FLAGS | cells | {"家庭月收入（元）": registry.chance.randrange(500, 960)}
    )


def _unknown(registry: Registry) -> Person:
    cells = ALONE | {"低保": "是", "子女情况": "外地", "家庭月收入（元）": _low_income(registry)}
    for heading in registry.chance.sample(
        ("家庭月收入（元）", "子女情况", "居住状况", "低保"), k=1
    ):
        cells[heading] = registry.chance.choice(("", "不详", "/"))
    return _elder(registry, cells)


def _too_much_income(registry: Registry) -> Person:
    income = registry.chance.randrange(520, 1900)
    return _elder(registry, ALONE | {"孤寡": "是", "子女情况": "无", "家庭月收入（元）": income})


def _able_child(registry: Registry) -> Person:
    cells = ALONE | {"低保": "是", "家庭月收入（元）": _low_income(registry)}
    cells["子女情况"] = registry.chance.choice(("本市", "本市;外地", "本市;本市低保"))
    return _elder(registry, cells)


def _hukou_elsewhere(registry: Registry) -> Person:
    person = _children_away(registry)
    person.cells["户籍"] = registry.chance.choice(("哈尔滨市道里区", "香坊区", "吉林省", "双城市"))
    return person


def _too_young(registry: Registry) -> Person:
    person = registry.aged(registry.chance.randrange(58, 65), AS_OF)
    person.cells = ALONE | {"低保": "是", "子女情况": "外地", "家庭月收入（元）": 300}
    return person


def _not_applying(registry: Registry) -> Person:
    person = _gulao(registry)
    person.cells["申请项目"] = ""
    return person


KINDS: dict[Callable[[Registry], Person], int] = {
    _sanwu: 9,
    _gulao: 12,
    _children_away: 14,
    _children_unable: 6,
    _mixed_children: 7,
    _with_spouse: 8,
    _unknown: 9,
    _too_much_income: 10,
    _able_child: 11,
    _hukou_elsewhere: 4,
    _too_young: 5,
    _not_applying: 5,
}


def _at_the_limit(registry: Registry) -> list[Person]:
    """Incomes of 490.00 and 490.01 however typed, the 65th birthday, and each kind of family."""
    rows = []
    for income in (490, "490.00", "４９０元", 490.01, "490.01", 489.99):
        cells = ALONE | {"孤寡": "是", "子女情况": "无", "家庭月收入（元）": income}
        rows.append(_elder(registry, cells))
    for day in (date(1945, 1, 1), date(1945, 1, 4), date(1945, 1, 5), date(1945, 3, 1)):
        person = registry.person(day)
        person.cells = ALONE | {"三无": "是", "子女情况": "无", "家庭月收入（元）": 0}
        rows.append(person)
    shared = _elder(
        registry, ALONE | {"低保": "是", "子女情况": "外地", "家庭月收入（元）": "980.00"}
    )
    shared.cells |= {"家庭人口": "2人", "居住状况": "与老年配偶同住"}
    disabled = _children_away(registry)
    disabled.cells["残疾证号"] = certificate(disabled.number, 4, 2)
    return [*rows, shared, disabled]


def _spoil(rows: list[Person]) -> None:
    deck = iter(rows)
    for _ in range(3):
        person = next(deck)
        person.cells["身份证号码"] = with_wrong_check(person.number)
    for _ in range(4):
        person = next(deck)
        person.cells["身份证号码"] = old_form(person.number)
    person = next(deck)
    person.cells["身份证号码"] = full_width(person.number)
    for heading, cell in (
        ("家庭月收入（元）", "-200"),
        ("家庭月收入（元）", "三百"),
        ("低保", "大概"),
        ("子女情况", "两个儿子"),
        ("死亡日期", "2009-11-20"),
        ("死亡日期", "2009年12月3日"),
        ("迁出日期", "2009/10/1"),
    ):
        next(deck).cells[heading] = cell
    for person in rows[::2]:
        person.cells["身份证号码"] = str(person.cells["身份证号码"]).replace("X", "x")
