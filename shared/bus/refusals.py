"""Which refusals of a broker concern one record for good, so that its key alone has to wait."""

from __future__ import annotations

from aiokafka.errors import (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
)

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError)


def refused_for_good(failure: BaseException) -> str | None:
    """Why the record will not be taken however often it is sent, or none when it may be."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, TOO_LARGE):
            return f"the broker refuses it as too large ({type(cause).__name__})"
        cause = cause.__cause__
    return None
