"""What may be asked: public hosts alone, however they are written."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from hypothesis import given
from hypothesis import strategies as st

from config.http import Allowance, Reason, Refused, checked
from config.http.policy import kind_of

BAD, PRIVATE, PORT = Reason.BAD_URL, Reason.PRIVATE_ADDRESS, Reason.PORT

# The sixteen bits of a mapped address, and where NAT64 begins.
MAPPED, NAT64 = 0xFFFF << 32, 0x64FF9B << 96


@pytest.mark.parametrize(
    ("url", "asked"),
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
def test_what_is_public_is_asked(url: str, asked: str) -> None:
    assert str(checked(url)) == asked


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
        # 127.0.0.1 in other words.
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
        # 6to4, Teredo, NAT64 of one's own.
        *((f"http://[{host}]/", PRIVATE) for host in ("2002:7f00:1::1", "2001:0:1::1")),
        ("http://[64:ff9b:1::1]/", PRIVATE),
        *((f"http://{host}/", PRIVATE) for host in ("localhost", "LOCALHOST.", "a.localhost")),
        *((f"http://{host}/", PRIVATE) for host in ("printer.local", "db", "x.internal")),
        *((f"http://{host}/", PRIVATE) for host in ("x.home.arpa", "x.lan", "x.onion")),
        ("http://news.example:22/", PORT),
        ("https://news.example:25/", PORT),
    ],
)
def test_what_is_not_is_refused_and_says_why(url: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        checked(url)
    assert refused.value.reason == reason
    assert str(refused.value).endswith(".")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_in_every_wrapping(address: IPv4Address) -> None:
    kind = kind_of(address)
    assert kind or address.is_global
    assert kind_of(IPv6Address(MAPPED | int(address))) == kind
    assert kind_of(IPv6Address(NAT64 | int(address))) == kind


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_passes_that_is_not_global(address: IPv6Address) -> None:
    if not kind_of(address):
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
def test_what_is_allowed_by_name_is_asked(entries: list[str], url: str) -> None:
    with pytest.raises(Refused):
        checked(url)
    assert checked(url, Allowance.of(entries))


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
def test_an_allowance_is_for_what_it_names_alone(entries: list[str], url: str) -> None:
    with pytest.raises(Refused):
        checked(url, Allowance.of(entries))


@pytest.mark.parametrize("entry", ["", "10.0.0.1/8", "a b", "a:b", "http://a", "me@a", "a:99999"])
def test_an_entry_that_cannot_be_meant_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Allowance.of([entry])


def test_a_mapped_address_is_in_a_network_of_its_own_kind_alone() -> None:
    allowed = Allowance.of(["127.0.0.0/8"])
    assert allowed.covers(ip_address("127.0.0.1"))
    assert not allowed.covers(ip_address("::ffff:127.0.0.1"))


def test_a_setting_that_cannot_be_meant_is_told_at_the_start(settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["hooks.lan:8080", "10.0.0.1/8"]
    with pytest.raises(SystemCheckError, match=r"PRESSMARK_ALLOWED_PRIVATE_HOSTS: 10\.0\.0\.1/8"):
        call_command("check")
