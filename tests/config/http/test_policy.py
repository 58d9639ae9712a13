from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from hypothesis import given
from hypothesis import strategies as st

from config.http import AllowedHosts, ErrorReason, RequestBlocked, validate_url
from config.http.policy import get_address_kind

BAD, PRIVATE, PORT = ErrorReason.BAD_URL, ErrorReason.PRIVATE_ADDRESS, ErrorReason.PORT

# Prefixes of IPv4-mapped and NAT64 addresses.
MAPPED, NAT64 = 0xFFFF << 32, 0x64FF9B << 96


@pytest.mark.parametrize(
    ("url", "normalised"),
    [
        ("https://news.example/a?b=c#d", "https://news.example/a?b=c"),
        ("HTTP://NEWS.example:80/", "http://news.example/"),
        ("https://news.example.:8443/", "https://news.example:8443/"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]:8080/", "http://[2606:4700::1111]:8080/"),
        ("http://[64:ff9b::808:808]/", "http://[64:ff9b::808:808]/"),
    ],
)
def test_public_urls_are_allowed(url: str, normalised: str) -> None:
    assert str(validate_url(url)) == normalised


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        *((url, BAD) for url in ("", "x", "/a", "//news.example/", "http://", "http:///a")),
        ("ftp://news.example/", BAD),
        ("file:///etc/passwd", BAD),
        ("gopher://127.0.0.1:70/", BAD),
        ("javascript:alert(1)", BAD),
        ("http://me:secret@news.example/", BAD),
        ("http://news.example@127.0.0.1/", BAD),
        ("http://news.example\\@127.0.0.1/", BAD),
        ("http://news.example:0/", BAD),
        ("http://news.example:65536/", BAD),
        ("http://news.example:x/", BAD),
        ("http://news .example/", BAD),
        ("http://news%2eexample/", BAD),
        ("http://a..example/", BAD),
        ("http://news.example/\r\nHost: x", BAD),
        ("http://[::1", BAD),
        ("http://[fe80::1%25eth0]/", BAD),
        (f"http://news.example/{'a' * 2000}", BAD),
        # Other spellings of 127.0.0.1.
        *((f"http://{host}/", BAD) for host in ("2130706433", "0x7f000001", "017700000001")),
        *((f"http://{host}/", BAD) for host in ("127.1", "0x7f.0.0.1", "0177.0.0.1", "0x7f.1")),
        ("http://①②⑦.⓪.⓪.①/", BAD),
        *((f"http://{host}/", PRIVATE) for host in ("127.0.0.1", "127.255.0.9", "0.0.0.1")),
        *((f"http://{host}/", PRIVATE) for host in ("10.0.0.1", "172.31.0.1", "192.168.1.1")),
        *((f"http://{host}/", PRIVATE) for host in ("100.64.0.1", "169.254.169.254")),
        *((f"http://{host}/", PRIVATE) for host in ("224.0.0.1", "255.255.255.255")),
        *((f"http://{host}/", PRIVATE) for host in ("198.18.0.1", "192.0.2.1", "168.63.129.16")),
        *((f"http://[{host}]/", PRIVATE) for host in ("::", "::1", "fc00::1", "fe80::1")),
        *((f"http://[{host}]/", PRIVATE) for host in ("fec0::1", "ff02::1", "2001:db8::1")),
        *((f"http://[{host}]/", PRIVATE) for host in ("::ffff:127.0.0.1", "::ffff:a00:1")),
        *((f"http://[{host}]/", PRIVATE) for host in ("::127.0.0.1", "64:ff9b::7f00:1")),
        # 6to4, Teredo, local-use NAT64.
        *((f"http://[{host}]/", PRIVATE) for host in ("2002:7f00:1::1", "2001:0:1::1")),
        ("http://[64:ff9b:1::1]/", PRIVATE),
        *((f"http://{host}/", PRIVATE) for host in ("localhost", "LOCALHOST.", "a.localhost")),
        *((f"http://{host}/", PRIVATE) for host in ("printer.local", "db", "x.internal")),
        *((f"http://{host}/", PRIVATE) for host in ("x.home.arpa", "x.lan", "x.onion")),
        ("http://news.example:22/", PORT),
        ("https://news.example:25/", PORT),
    ],
)
def test_other_urls_are_blocked_with_a_reason(url: str, reason: ErrorReason) -> None:
    with pytest.raises(RequestBlocked) as raised:
        validate_url(url)
    assert raised.value.reason == reason
    assert str(raised.value).endswith(".")


@given(st.ip_addresses(v=4))
def test_mapped_and_nat64_addresses_are_treated_like_ipv4(address: IPv4Address) -> None:
    kind = get_address_kind(address)
    assert kind or address.is_global
    assert get_address_kind(IPv6Address(MAPPED | int(address))) == kind
    assert get_address_kind(IPv6Address(NAT64 | int(address))) == kind


@given(st.ip_addresses(v=6))
def test_only_global_ipv6_addresses_are_public(address: IPv6Address) -> None:
    if not get_address_kind(address):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        (["127.0.0.1:8080"], "http://127.0.0.1:8080/"),
        (["127.0.0.1"], "http://127.0.0.1:22/"),
        (["db:80"], "http://db/"),
        (["[::1]:8080"], "http://[::1]:8080/"),
        (["::1"], "http://[::1]/"),
        (["10.0.0.0/8", "fd00::/8"], "http://10.2.3.4/"),
        (["10.0.0.0/8", "fd00::/8"], "http://[fd00::1]:8000/"),
    ],
)
def test_allowed_hosts_and_networks_may_be_private(entries: list[str], url: str) -> None:
    with pytest.raises(RequestBlocked):
        validate_url(url)
    assert validate_url(url, AllowedHosts.parse(entries))


@pytest.mark.parametrize(
    ("entries", "url"),
    [
        (["127.0.0.1:8080"], "http://127.0.0.1:8081/"),
        (["127.0.0.1:8080"], "http://127.0.0.2:8080/"),
        (["127.0.0.1:8080"], "http://me:secret@127.0.0.1:8080/"),
        (["db"], "http://db.local/"),
        (["10.0.0.0/8"], "http://11.0.0.1:22/"),
        (["10.0.0.0/8"], "http://10.0.0.1:22/"),
        (["10.0.0.0/8"], "http://intranet/"),
    ],
)
def test_allowed_hosts_apply_to_exact_host_port_and_network(entries: list[str], url: str) -> None:
    with pytest.raises(RequestBlocked):
        validate_url(url, AllowedHosts.parse(entries))


def test_from_url_allows_exactly_the_host_and_port() -> None:
    allowed = AllowedHosts.from_url("http://127.0.0.1:8080/w/api.php")
    assert validate_url("http://127.0.0.1:8080/other", allowed)
    for url in ("http://127.0.0.1:8081/", "http://127.0.0.2:8080/"):
        with pytest.raises(RequestBlocked):
            validate_url(url, allowed | AllowedHosts.parse(["10.0.0.0/8"]))


@pytest.mark.parametrize("entry", ["", "10.0.0.1/8", "a b", "a:b", "http://a", "me@a", "a:99999"])
def test_invalid_allowed_host_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        AllowedHosts.parse([entry])


def test_mapped_address_does_not_match_ipv4_network() -> None:
    allowed = AllowedHosts.parse(["127.0.0.0/8"])
    assert allowed.has_address(ip_address("127.0.0.1"))
    assert not allowed.has_address(ip_address("::ffff:127.0.0.1"))


def test_invalid_setting_fails_the_system_check(settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["hooks.lan:8080", "10.0.0.1/8"]
    with pytest.raises(SystemCheckError, match=r"PRESSMARK_ALLOWED_PRIVATE_HOSTS: 10\.0\.0\.1/8"):
        call_command("check")
