"""The policies as data and the pure judgement of a person's facts, for eligibility's wings."""

from __future__ import annotations

from services.eligibility.policy.findings import Finding, Judgement, Outcome, digest, record
from services.eligibility.policy.judging import evaluate
from services.eligibility.policy.loader import load_policies
from services.eligibility.policy.model import AsOfRefused, PolicyBook, Programme, UnknownProgramme
from services.eligibility.policy.source import PolicyRefused

__all__ = [
    "AsOfRefused",
    "Finding",
    "Judgement",
    "Outcome",
    "PolicyBook",
    "PolicyRefused",
    "Programme",
    "UnknownProgramme",
    "digest",
    "evaluate",
    "load_policies",
    "record",
]
