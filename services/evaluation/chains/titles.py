"""What each letter means to a person who reads a chain, in Chinese and English, and its stage."""

from __future__ import annotations

from typing import Literal

Stage = Literal[
    "submitted", "withdrawn", "determined", "reviewed", "refused", "awarded", "ended", "opened",
    "issued", "redeemed", "settled", "planned", "visited", "evaluated",
]  # fmt: skip

TITLES: dict[str, tuple[str, str]] = {
    "intake.person.registered.v1": ("建立个人档案", "person file opened"),
    "intake.person.updated.v1": ("个人情况变更", "facts of the person changed"),
    "intake.person.died.v1": ("去世登记", "death recorded"),
    "intake.person.moved.v1": ("迁居登记", "move recorded"),
    "intake.application.submitted.v1": ("提出申请", "application submitted"),
    "intake.application.withdrawn.v1": ("撤回申请", "application withdrawn"),
    "intake.street.activated.v1": ("街道启动", "street activated"),
    "intake.street.paused.v1": ("街道暂停", "street paused"),
    "eligibility.determination.made.v1": ("按规定核算资格", "eligibility determined by the rules"),
    "eligibility.case.reviewed.v1": ("街道审核", "reviewed by the street"),
    "eligibility.application.refused.v1": ("区级不予批准", "refused by the district"),
    "eligibility.award.granted.v1": ("区级批准享受", "benefit granted by the district"),
    "eligibility.award.ended.v1": ("停止享受", "benefit ended"),
    "eligibility.award.suspended.v1": ("暂停享受", "benefit suspended"),
    "eligibility.award.resumed.v1": ("恢复享受", "benefit resumed"),
    "eligibility.award.reclassified.v1": ("类别变更", "class changed"),
    "eligibility.evidence.requested.v1": ("要求补充材料", "papers asked for"),
    "intake.evidence.received.v1": ("收到补充材料", "papers received"),
    "eligibility.objection.raised.v1": ("公示期间提出异议", "objection during the notice"),
    "eligibility.objection.decided.v1": ("异议已处理", "objection judged"),
    "eligibility.appeal.filed.v1": ("提出申诉", "appeal filed"),
    "eligibility.appeal.decided.v1": ("申诉已处理", "appeal decided"),
    "scheduling.item.published.v1": ("公布服务项目", "service item published"),
    "scheduling.plan.proposed.v1": ("街道提出五定方案", "five-fixed plan proposed"),
    "scheduling.plan.confirmed.v1": (
        "区级核定五定方案",
        "five-fixed plan confirmed",
    ),
    "scheduling.plan.ended.v1": ("服务方案终止", "plan ended"),
    "scheduling.visit.completed.v1": ("上门服务完成", "visit done"),
    "scheduling.visit.missed.v1": ("上门服务未成", "visit missed"),
    "vouchers.account.opened.v1": ("开立服务券账户", "voucher account opened"),
    "vouchers.vouchers.issued.v1": ("发放服务券", "vouchers issued"),
    "vouchers.voucher.redeemed.v1": ("使用服务券", "voucher redeemed"),
    "vouchers.redemption.refused.v1": ("用券被拒", "redemption refused"),
    "vouchers.vouchers.revoked.v1": ("收回未用服务券", "unspent vouchers revoked"),
    "vouchers.vouchers.expired.v1": ("服务券过期", "vouchers expired"),
    "vouchers.redemption.settled.v1": ("用券已结算", "redemption settled"),
    "vouchers.settlement.approved.v1": ("机构结算已批准", "provider's settlement approved"),
    "evaluation.provider.admitted.v1": ("机构准入", "provider admitted"),
    "evaluation.provider.suspended.v1": ("机构暂停", "provider suspended"),
    "evaluation.provider.reinstated.v1": ("机构恢复", "provider reinstated"),
    "evaluation.provider.exited.v1": ("机构退出", "provider left"),
    "evaluation.outlet.opened.v1": ("服务网点开业", "outlet opened"),
    "evaluation.caregiver.registered.v1": ("服务人员登记", "caregiver registered"),
    "evaluation.feedback.given.v1": ("服务评价", "visit rated"),
    "evaluation.score.published.v1": ("公布机构评分", "provider's score published"),
}

STAGES: dict[Stage, str] = {
    "submitted": "intake.application.submitted.v1",
    "withdrawn": "intake.application.withdrawn.v1",
    "determined": "eligibility.determination.made.v1",
    "reviewed": "eligibility.case.reviewed.v1",
    "refused": "eligibility.application.refused.v1",
    "awarded": "eligibility.award.granted.v1",
    "ended": "eligibility.award.ended.v1",
    "opened": "vouchers.account.opened.v1",
    "issued": "vouchers.vouchers.issued.v1",
    "redeemed": "vouchers.voucher.redeemed.v1",
    "settled": "vouchers.redemption.settled.v1",
    "planned": "scheduling.plan.confirmed.v1",
    "visited": "scheduling.visit.completed.v1",
    "evaluated": "evaluation.feedback.given.v1",
}
"""The letter by which a chain has reached a stage."""


def title_of(letter_type: str) -> tuple[str, str]:
    """The letter's meaning; a type that is newer than this reader shows itself."""
    return TITLES.get(letter_type, (letter_type, letter_type))
