"""What a till or a counter tells when paper is refused: Chinese, English and the mend."""

from __future__ import annotations

from services.vouchers.paper.presenting import PaperRefusal
from services.vouchers.paper.recollection import LineCode

WORDS: dict[PaperRefusal, tuple[str, str]] = {
    "serial_unknown": (
        "没有此券号；请核对，疑为伪券请留置并报告街道",
        "there is no such voucher; check the serial, and report a suspected forgery",
    ),
    "serial_not_handed_out": (
        "此券尚未发放给持券人，不能使用；请联系街道",
        "this voucher was not handed out yet and cannot be used; contact the street office",
    ),
    "serial_used": (
        "此券已使用；每张券只能使用一次，请另行付款",
        "this voucher was used already; each one is used once, please pay otherwise",
    ),
    "serial_lost": (
        "此券已挂失停用；请持券人到街道办理",
        "this voucher is reported lost; the holder may ask the street office",
    ),
    "serial_expired": (
        "此券不在有效期内，不能使用；请另行付款",
        "this voucher is not valid on that day; please pay otherwise",
    ),
    "serial_void": (
        "此券已作废，不能使用；请联系街道",
        "this voucher was made void; contact the street office",
    ),
    "serial_destroyed": (
        "此券已结算并销毁，不应再出现；请留置并报告街道",
        "this voucher was settled and destroyed; keep it back and report it",
    ),
    "serials_of_several_holders": (
        "所出示的券属于不同持券人；请分开结账",
        "these vouchers belong to several holders; make one purchase for each",
    ),
    "serials_do_not_make_the_amount": (
        "券面合计与金额不符；纸质券整张使用、不找零，差额另行付款",
        "the vouchers do not make the amount; paper is used whole, without change",
    ),
}
LINES: dict[LineCode, tuple[str, str]] = {
    "bad_serial": (
        "券号不完整或校验位不符；请重新扫描，破损的请人工核对",
        "the serial is damaged or misread; scan it again",
    ),
    "repeated": (
        "同一清单中此券重复，以首次为准",
        "this voucher stands in the list twice; the first line counted",
    ),
    "foreign": (
        "不是本区发出的券；请留置并报告",
        "not a voucher of this district; keep it back and report it",
    ),
    "not_redeemed": (
        "此券没有收券记录，不能回收；请服务单位先核实收券",
        "no redemption of this voucher is known; the provider must redeem it first",
    ),
    "of_another_provider": (
        "此券是其他服务单位收的；请由收券单位交回",
        "another provider took this voucher; that one must bring it",
    ),
    "already_recollected": (
        "此券此前已回收；同一券号出现两次，请留置并核查",
        "this voucher was taken back before; keep the second one and look into it",
    ),
    "already_settled": (
        "此券已回收并结算；同一券号再次出现，请留置并核查",
        "this voucher was settled before; keep the second one and look into it",
    ),
    "already_destroyed": (
        "此券已销毁；同一券号再次出现，疑为伪券，请留置并报告",
        "this voucher was destroyed; a second one is suspected to be forged, report it",
    ),
    "lapsed": (
        "此券已过期，未曾使用，不予回收",
        "this voucher lapsed unspent and is not taken back",
    ),
    "void": (
        "此券已作废，不予回收",
        "this voucher was made void and is not taken back",
    ),
    "lost": (
        "此券已挂失且未曾使用，不予回收；请报告街道",
        "this voucher is reported lost and was not redeemed; report it",
    ),
}
