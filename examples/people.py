"""Made-up people for the example rosters: names, numbers and birthdays of nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from services.intake.persons.identity import check_character
from shared.contracts.ages import attained_on

SURNAMES = (
    "王王王王李李李李张张张张刘刘刘陈陈杨杨赵赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭"
    "吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹"
)
MEN = "国建德福永明志文玉振金宝树春万兴荣华庆贵长海元宗学世忠义仁守成祥安平山林生田富喜泰清广"
WOMEN = "秀淑桂玉凤兰英珍芳梅素华琴云翠贞惠敏荣菊香莲霞月清静芬爱巧娥瑞珠雅彩金慧洁琳"
DOTTED = (
    "买买提·吐尔逊",
    "阿依古丽・艾山",
    "古丽娜尔•买买提",
    "帕提曼．阿不都",
    "吐尔逊‧尼亚孜",
    "艾力.司马义",
)
RARE = ("李㛃", "王𬱖", "张𠮷", "赵𡛷华", "刘䶮")
PHONE_PREFIX = "1540000"


@dataclass(slots=True)
class Person:
    """One made-up person as the roster's author knows him."""

    name: str
    sex: str
    birth_on: date
    number: str
    cells: dict[str, object] = field(default_factory=dict)


class Registry:
    """Makes people of one made-up county; no number is given twice."""

    def __init__(self, chance: Random, county: str) -> None:
        self.chance = chance
        self.county = county
        self._given: set[str] = set()

    def person(self, birth_on: date, name: str | None = None) -> Person:
        woman = self.chance.random() < 0.56
        number = self._number(birth_on, woman)
        return Person(name or self._name(woman), "女" if woman else "男", birth_on, number)

    def aged(self, age: int, as_of: date) -> Person:
        """Somebody of this age on the day, the birthday anywhere in the year."""
        youngest = attained_on(as_of, -age)
        return self.person(youngest - timedelta(days=self.chance.randrange(365)))

    def phone(self) -> str:
        return f"{PHONE_PREFIX}{self.chance.randrange(10_000):04d}"

    def _name(self, woman: bool) -> str:
        letters = WOMEN if woman else MEN
        length = self.chance.choice((1, 2, 2, 2))
        return self.chance.choice(SURNAMES) + "".join(self.chance.choices(letters, k=length))

    def _number(self, birth_on: date, woman: bool) -> str:
        while True:
            order = self.chance.randrange(1, 480) * 2 - (0 if woman else 1)
            body = f"{self.county}{birth_on:%Y%m%d}{order:03d}"
            if body not in self._given:
                self._given.add(body)
                return body + check_character(body)


def certificate(number: str, category: int, grade: int, reissued: int = 0) -> str:
    """A disability certificate of the holder of this number."""
    return f"{number}{category}{grade}" + (f"B{reissued}" if reissued else "")


def old_form(number: str) -> str:
    """The 15 digits of the first generation."""
    return number[:6] + number[8:17]


def with_wrong_check(number: str) -> str:
    """The same number with another last character."""
    return number[:17] + ("1" if number[17] != "1" else "2")


def full_width(text: str) -> str:
    """Digits and letters as a Chinese input method leaves them."""
    return "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in text)
