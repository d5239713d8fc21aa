"""What is wrong with the certificate of another side: for sentences about broker and database."""

from __future__ import annotations

import ssl
from enum import Enum

# OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH.
PAST = 10
MISMATCH = frozenset({62, 64})


class Fault(Enum):
    """Why a certificate is not believed."""

    EXPIRED = "expired"
    OTHER_HOST = "other host"
    UNSIGNED = "unsigned"


def fault_of(failure: ssl.SSLCertVerificationError) -> Fault:
    """Which of the three it is; whatever is neither of the first two counts as unsigned."""
    if failure.verify_code == PAST:
        return Fault.EXPIRED
    return Fault.OTHER_HOST if failure.verify_code in MISMATCH else Fault.UNSIGNED
