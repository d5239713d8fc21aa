"""The policies as data and the pure judgement of a person's facts, for eligibility's wings."""

from __future__ import annotations

from services.eligibility.policy.findings import Finding, Glance, Judgement, Outcome, digest, record
from services.eligibility.policy.judging import evaluate, glance
from services.eligibility.policy.loader import load_policies, own_policies
from services.eligibility.policy.model import AsOfRefused, PolicyBook, Programme, UnknownProgramme
from services.eligibility.policy.source import PolicyRefused

__all__ = [
    "AsOfRefused",
    "Finding",
    "Glance",
    "Judgement",
    "Outcome",
    "PolicyBook",
    "PolicyRefused",
    "Programme",
    "UnknownProgramme",
    "digest",
    "evaluate",
    "glance",
    "load_policies",
    "own_policies",
    "record",
]
