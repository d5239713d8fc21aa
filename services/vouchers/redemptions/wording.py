"""What a till tells the customer when a redemption is refused: Chinese, English and the mend."""

from __future__ import annotations

from services.vouchers.paper.wording import WORDS as PAPER_WORDS
from services.vouchers.redemptions.domain import RefusalCode, TillRefusal

TILL_WORDS: dict[TillRefusal, tuple[str, str]] = {
    "unknown_card": (
        "没有这张卡；请核对卡号后重试",
        "there is no such card; check the number and try again",
    ),
    "card_closed": (
        "此卡已注销或挂失；请持新卡，或到街道办理",
        "this card is closed; use the new card or go to the street office",
    ),
    "card_lost": (
        "此卡已挂失，不能使用；请持卡人到街道补卡",
        "this card is reported lost; the holder gets a new one at the street office",
    ),
    "token_expired": (
        "此二维码已失效；请出示最新的二维码，或改用卡号",
        "this QR code is no longer good; show the newest one, or use the card number",
    ),
    "voucher_expired": (
        "券已过有效期，不能使用；请另行付款，新月份发放后可再用",
        "the vouchers have expired; please pay otherwise, next month's can be used again",
    ),
    "hold_captured": (
        "这笔预留已扣款，不能再次扣款或撤销；如需退还请办理退款",
        "this hold is captured already; to give money back, make a refund",
    ),
    "hold_voided": (
        "这笔预留已撤销；如需收款请重新预留或直接收券",
        "this hold was voided; hold again or redeem directly",
    ),
    "hold_expired": (
        "这笔预留已过期自动解除；请重新预留或直接收券",
        "this hold has ended by itself; hold again or redeem directly",
    ),
    "more_than_held": (
        "扣款金额超过预留；请按预留金额以内扣款，差额另行付款",
        "more than was held; capture at most the held amount, the rest is paid otherwise",
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
WORDS: dict[RefusalCode, tuple[str, str]] = {**TILL_WORDS, **PAPER_WORDS}
