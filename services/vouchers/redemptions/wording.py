"""What a till tells the customer when a redemption is refused: Chinese, English and the mend."""

from __future__ import annotations

from services.vouchers.redemptions.domain import RefusalCode

WORDS: dict[RefusalCode, tuple[str, str]] = {
    "unknown_card": (
        "没有这张卡；请核对卡号后重试",
        "there is no such card; check the number and try again",
    ),
    "card_closed": (
        "此卡已注销或挂失；请持新卡，或到街道办理",
        "this card is closed; use the new card or go to the street office",
    ),
    "account_closed": (
        "此账户已停用；请联系街道办理",
        "this account is closed; contact the street office",
    ),
    "unknown_outlet": (
        "没有此服务网点；请核对网点编号或先登记",
        "there is no such outlet; check its id or have it registered",
    ),
    "foreign_outlet": (
        "该网点不属于本服务单位；请用本单位网点编号",
        "this outlet belongs to another provider; use one of your own",
    ),
    "provider_not_admitted": (
        "本单位当日尚未准入，不能收券",
        "your organisation was not admitted on that day and may not take vouchers",
    ),
    "provider_suspended": (
        "本单位已暂停收券；恢复前请持券人到其他单位使用",
        "your organisation is suspended; until reinstated the holder may go to another provider",
    ),
    "provider_exited": (
        "本单位已退出，不能再收券",
        "your organisation has left and may not take vouchers any more",
    ),
    "unknown_item": (
        "没有此服务项目，或当日尚未公布；请核对项目代码",
        "no such service item, or not published on that day; check the item code",
    ),
    "item_not_allowed": (
        "此项目不在券的使用范围内（生活照料、家政服务、康复护理、心理慰藉等），请另行付款",
        "this item cannot be paid with vouchers; please pay otherwise",
    ),
    "insufficient_balance": (
        "券余额不足；可减少金额，或补足现金",
        "the voucher balance is too low; ask for less or pay the rest in cash",
    ),
    "partial_not_allowed": (
        "券须整张使用；请按整张面额结算",
        "vouchers are spent whole; ask for the full value of a month",
    ),
}
