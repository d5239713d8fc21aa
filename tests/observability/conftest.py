"""Offices that measure, each with doors of its own: doors keep the metrics they were built with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from deploy.office import doors_of
from shared.runtime import Runtime


@pytest.fixture
def meters() -> None:
    """Metrics as an office has them unless told otherwise."""


@pytest.fixture
def doors() -> Callable[[Runtime], FastAPI]:
    return doors_of
