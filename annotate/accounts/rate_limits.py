"""Rate limits of the API: requests per minute by token, user or network address.

A fixed window with one counter per client and minute, so a request costs one increment.
Responses have the headers of draft-ietf-httpapi-ratelimit-headers.
"""

import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS

from annotate.accounts.models import ApiToken
from config.api.problems import build_problem_response

# Length of a window in seconds.
WINDOW = 60


@dataclass(frozen=True)
class RateLimit:
    """The quotas of a client, the name of the one for this request, and its current window.

    A quota is a number of requests per window; 0 means no limit.
    """

    quotas: dict[str, int]
    name: str
    used: int = 0
    seconds_left: int = WINDOW

    @property
    def quota(self) -> int:
        return self.quotas[self.name]

    @property
    def is_exceeded(self) -> bool:
        return 0 < self.quota < self.used

    def add_headers(self, response: HttpResponse) -> None:
        if self.quota:
            remaining = max(0, self.quota - self.used)
            response["RateLimit"] = f'"{self.name}";r={remaining};t={self.seconds_left}'
        if limits := [f'"{name}";q={q};w={WINDOW}' for name, q in self.quotas.items() if q]:
            response["RateLimit-Policy"] = ", ".join(limits)

    def make_error_response(self) -> HttpResponse:
        hint = " Use a token for a higher limit." if self.name == "anonymous" else ""
        detail = (
            f"The limit is {self.quota} requests per minute. "
            f"Try again in {self.seconds_left} seconds.{hint}"
        )
        response = build_problem_response("throttled", "Too many requests", 429, detail)
        response["Retry-After"] = str(self.seconds_left)
        self.add_headers(response)
        return response


def count_request(request: HttpRequest, token: ApiToken | None) -> RateLimit:
    if token or request.user.is_authenticated:
        client = f"token:{token.pk}" if token else f"user:{request.user.pk}"
        quotas = {"read": settings.READS_PER_MINUTE, "write": settings.WRITES_PER_MINUTE}
        name = "read" if request.method in SAFE_METHODS else "write"
    else:
        client, name = get_client_address(request), "anonymous"
        quotas = {name: settings.ANONYMOUS_PER_MINUTE}
    if not quotas[name]:
        return RateLimit(quotas, name)
    now = time.time()
    used = _increment(f"rate:{name}:{client}:{int(now // WINDOW)}")
    return RateLimit(quotas, name, used, max(1, WINDOW - int(now % WINDOW)))


def get_client_address(request: HttpRequest) -> str:
    """Return the network address to count a request under; for IPv6, its /64 network.

    Each trusted proxy appends its client to X-Forwarded-For. Entries further left come from the
    client and can be forged. A single IPv6 host usually controls a whole /64.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    peer = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.TRUSTED_PROXY_COUNT
    try:
        address = ip_address(hops[-min(proxies, len(hops))].strip() if proxies else peer)
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network(f"{address}/64", strict=False).network_address)
    return str(address)


def _increment(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:
        # If another process creates the counter at the same moment, add() fails.
        return 1 if cache.add(key, 1, WINDOW) else cache.incr(key)
