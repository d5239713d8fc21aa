"""The words that rosters use for what is the case, and the facts they mean."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.facts import Child

Choices = Mapping[str, object]

VOUCHER = "chaoyang-2010/voucher"
HOME_CARE = "nangang-2008/home-care"

WRITTEN_AS_UNKNOWN = frozenset(("", "/", "\\", "-", "--", "—", "——", "不详", "未知", "不清楚"))
YES: Choices = dict.fromkeys(("是", "有", "1", "√", "✓", "y", "yes", "true", "享受", "对"), True)
NO: Choices = dict.fromkeys(
    ("否", "无", "没有", "不是", "0", "×", "x", "n", "no", "false", "不享受"), False
)
YES_NO: Choices = {**YES, **NO}
AT_WORK: Choices = dict.fromkeys(("在职", "就业", "已就业", "有工作", "在岗"), True)
NOT_AT_WORK: Choices = dict.fromkeys(
    ("无业", "失业", "未就业", "无工作", "没有工作", "退休", "离休", "学生", "下岗"), False
)
WORK: Choices = {**YES_NO, **AT_WORK, **NOT_AT_WORK}
SEXES: Choices = {
    "男": "male",
    "女": "female",
    "男性": "male",
    "女性": "female",
    "m": "male",
    "f": "female",
}
GRADES: Choices = {"无": 0, "1": 1, "2": 2, "3": 3, "4": 4, "一": 1, "二": 2, "三": 3, "四": 4}
CATEGORY_WORDS = ("无", "视力", "听力", "言语", "肢体", "智力", "精神", "多重")
CATEGORIES: Choices = {
    name: at for at, word in enumerate(CATEGORY_WORDS) for name in (word, str(at))
}
LIVES_WITH: Choices = {
    "独居": "alone",
    "独自居住": "alone",
    "与老年配偶同住": "spouse_elderly_or_disabled",
    "与重残配偶同住": "spouse_elderly_or_disabled",
    "与年轻配偶同住": "spouse_able",
    "与子女同住": "able_adult",
    "与成年子女同住": "able_adult",
    "与亲属同住": "able_adult",
    "其他": "other",
}
# 本市 alone says that the child is neither on dibao nor severely disabled; 县 goes to review (K10).
CHILDREN = {
    "外地": Child(alive=True, in_city=False),
    "国外": Child(alive=True, in_city=False),
    "本市": Child(alive=True, in_city=True, dibao=False, severely_disabled=False),
    "本市低保": Child(alive=True, in_city=True, dibao=True),
    "本市重残": Child(alive=True, in_city=True, severely_disabled=True),
    "本市低保重残": Child(alive=True, in_city=True, dibao=True, severely_disabled=True),
    "县": Child(alive=True, in_city="county", dibao=False, severely_disabled=False),
    "县低保": Child(alive=True, in_city="county", dibao=True),
    "县重残": Child(alive=True, in_city="county", severely_disabled=True),
    "已故": Child(alive=False),
    "不详": Child(),
}
NO_CHILD = frozenset(("无", "无子女", "没有"))
NOTHING_WANTED = frozenset(("无", "否", "不申请", "未申请"))
PROGRAMMES = {
    **dict.fromkeys(
        ("养老券", "助残券", "养老助残券", "养老(助残)券", "居家养老券", "居家养老(助残)券"),
        VOUCHER,
    ),
    **dict.fromkeys(("居家养老服务", "居家养老", "上门服务", "居家服务"), HOME_CARE),
}
