"""Every topic: which service writes it; key and order are by person where there is one."""

from __future__ import annotations

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
