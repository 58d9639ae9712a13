"""How often one may ask: so many requests a minute, by token, person or address.

A fixed window: one counter for each client and minute, so that a request costs one increment.
The answers tell how much is left, as draft-ietf-httpapi-ratelimit-headers has it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.permissions import SAFE_METHODS

from annotate.accounts.authentication import token_of
from config.api.problems import CONTENT_TYPE, document

# Seconds that are counted together.
WINDOW = 60

View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Policy:
    """So many requests in each window; 0 is no limit."""

    name: str
    quota: int

    def __str__(self) -> str:
        return f'"{self.name}";q={self.quota};w={WINDOW}'


def limit_rates(get_response: View) -> View:
    """Answer 429 to who asks the API too often; tell all others how much is left.

    A middleware and not a throttle of the framework, so that also what is refused for want of
    rights, or leads nowhere, is counted and told.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return get_response(request)
        client, policies, policy = _policies(request)
        if not policy.quota:
            return _telling(get_response(request), policies)
        moment = time.time()
        used = _count(f"rate:{policy.name}:{client}:{int(moment // WINDOW)}")
        seconds = max(1, WINDOW - int(moment % WINDOW))
        response = get_response(request) if used <= policy.quota else _refusal(policy, seconds)
        left = max(0, policy.quota - used)
        response["RateLimit"] = f'"{policy.name}";r={left};t={seconds}'
        return _telling(response, policies)

    return answer


def address_of(request: HttpRequest) -> str:
    """Give the network address that a request is counted under.

    Each of our own proxies appends to X-Forwarded-For whom it was asked by; what stands further
    to the left was sent by the client and may be anything. Of an IPv6 address it is the /64, as
    a single host has a whole one to choose from.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    peer = request.META.get("REMOTE_ADDR", "")
    told = (
        hops[-min(settings.TRUSTED_PROXY_COUNT, len(hops))].strip()
        if settings.TRUSTED_PROXY_COUNT
        else peer
    )
    try:
        address = ip_address(told)
    except ValueError:
        return str(peer)
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network(f"{address}/64", strict=False).network_address)
    return str(address)


def _policies(request: HttpRequest) -> tuple[str, list[Policy], Policy]:
    """Give under whose name a request counts, what holds for them, and what counts here."""
    token = token_of(request)
    if token:
        client = f"token:{token.pk}"
    elif request.user.is_authenticated:
        client = f"user:{request.user.pk}"
    else:
        anonymous = Policy("anonymous", settings.ANONYMOUS_PER_MINUTE)
        return address_of(request), [anonymous], anonymous
    read = Policy("read", settings.READS_PER_MINUTE)
    write = Policy("write", settings.WRITES_PER_MINUTE)
    return client, [read, write], read if request.method in SAFE_METHODS else write


def _count(key: str) -> int:
    """Count one more. Whoever begins a window may be two at once: one adds, the other counts."""
    try:
        return cache.incr(key)
    except ValueError:
        return 1 if cache.add(key, 1, WINDOW) else cache.incr(key)


def _telling(response: HttpResponse, policies: list[Policy]) -> HttpResponse:
    if limits := [str(policy) for policy in policies if policy.quota]:
        response["RateLimit-Policy"] = ", ".join(limits)
    return response


def _refusal(policy: Policy, seconds: int) -> HttpResponse:
    more = " More may be asked with a token." if policy.name == "anonymous" else ""
    problem = document(
        "throttled",
        "Too many requests",
        429,
        f"At most {policy.quota} requests a minute are answered. Wait {seconds} seconds.{more}",
    )
    headers = {"Retry-After": str(seconds)}
    return JsonResponse(problem, status=429, content_type=CONTENT_TYPE, headers=headers)
