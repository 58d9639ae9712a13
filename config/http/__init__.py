"""HTTP client for URLs from outside, with protection against server-side request forgery.

`policy` decides which URLs and addresses are allowed; `connect` resolves a host once and connects
to the addresses it has checked.
"""

from config.http.client import FetchOptions, Response, check_url, get, post, unpack_gzip
from config.http.policy import (
    AllowedHosts,
    ErrorReason,
    RequestBlocked,
    RequestError,
    RequestFailed,
    validate_url,
)

__all__ = [
    "AllowedHosts",
    "ErrorReason",
    "FetchOptions",
    "RequestBlocked",
    "RequestError",
    "RequestFailed",
    "Response",
    "check_url",
    "get",
    "post",
    "unpack_gzip",
    "validate_url",
]
