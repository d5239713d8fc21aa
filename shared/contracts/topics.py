"""Every topic: which service writes it; key and order are by person where there is one."""

from __future__ import annotations

from collections.abc import Mapping

INTAKE_PERSONS = "intake.persons"
INTAKE_APPLICATIONS = "intake.applications"
INTAKE_AREAS = "intake.areas"
ELIGIBILITY_DETERMINATIONS = "eligibility.determinations"
ELIGIBILITY_AWARDS = "eligibility.awards"
SCHEDULING_CATALOGUE = "scheduling.catalogue"
SCHEDULING_PLANS = "scheduling.plans"
SCHEDULING_VISITS = "scheduling.visits"
VOUCHERS_ACCOUNTS = "vouchers.accounts"
VOUCHERS_ISSUES = "vouchers.issues"
VOUCHERS_SETTLEMENTS = "vouchers.settlements"
EVALUATION_PROVIDERS = "evaluation.providers"
EVALUATION_FEEDBACK = "evaluation.feedback"

ALL_TOPICS = (
    INTAKE_PERSONS,
    INTAKE_APPLICATIONS,
    INTAKE_AREAS,
    ELIGIBILITY_DETERMINATIONS,
    ELIGIBILITY_AWARDS,
    SCHEDULING_CATALOGUE,
    SCHEDULING_PLANS,
    SCHEDULING_VISITS,
    VOUCHERS_ACCOUNTS,
    VOUCHERS_ISSUES,
    VOUCHERS_SETTLEMENTS,
    EVALUATION_PROVIDERS,
    EVALUATION_FEEDBACK,
)

KEPT_DAYS: Mapping[str, int] = dict.fromkeys(ALL_TOPICS, 14)
"""How long the bus keeps a topic's letters.

Longer than a service is ever away on purpose (the longest holidays and the days to mend something
after them), far shorter than inboxes remember letters (90 days): a reader that has to begin again
never meets a letter that its inbox has forgotten. What is older lies in the writers' outboxes.
"""


def written_by(service: str) -> tuple[str, ...]:
    """The topics that a service writes; nobody else may."""
    return tuple(topic for topic in ALL_TOPICS if topic.startswith(f"{service}."))
