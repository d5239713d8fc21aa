"""Which failures pass by themselves, and which say that a value or a record stands in the way."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

# Classes of SQLSTATE: connection, rolled back (deadlock), resources, lock, operator, system.
# asyncpg never raises SQLAlchemy's OperationalError, so the class is what tells.
PASSING_CLASSES = frozenset({"08", "40", "53", "55", "57", "58"})
QUERY_CANCELED = "57014"
UNIQUE_VIOLATION = "23505"
DATA_CLASS = "22"
CLASS_LENGTH = 2


def sqlstate_of(failure: BaseException) -> str:
    """The database's own code of a failure, or an empty text."""
    return (getattr(failure.orig, "sqlstate", "") or "") if isinstance(failure, DBAPIError) else ""


def sqlclass_of(failure: BaseException) -> str:
    """The class of the database's code: its first two characters."""
    return sqlstate_of(failure)[:CLASS_LENGTH]


def passes(failure: BaseException) -> bool:
    """Whether the same work may succeed later, unchanged.

    A statement that ran out of time does not count: it may do so for ever.
    """
    if isinstance(failure, OSError | PoolExhausted):
        return True
    if not isinstance(failure, DBAPIError) or sqlstate_of(failure) == QUERY_CANCELED:
        return False
    return failure.connection_invalidated or sqlclass_of(failure) in PASSING_CLASSES
