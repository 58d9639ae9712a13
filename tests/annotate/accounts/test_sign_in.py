"""Wrong sign-ins are limited by account and address, and logged."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotate.accounts.sign_in_limits import delete_old_logs

SIGN_IN, ADMIN = "/sign-in/", "/admin/login/"
LIMIT, WRONG = 10, "wrong"


@pytest.fixture(autouse=True)
def _proxy(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1


def sign_in(
    username: str, password: str = WRONG, *, address: str = "192.0.2.1", page: str = SIGN_IN
) -> Any:
    body = {"username": username, "password": password}
    return Client().post(page, body, HTTP_X_FORWARDED_FOR=address)


def fail(count: int, username: str = "annotator", **options: Any) -> Any:
    return [sign_in(username, **options) for _ in range(count)][-1]


def is_signed_in(answer: Any) -> bool:
    return "sessionid" in answer.cookies


@pytest.mark.parametrize("page", [SIGN_IN, ADMIN])
def test_account_has_to_wait_after_too_many_wrong_sign_ins(annotator: User, page: str) -> None:
    annotator.is_staff = True
    annotator.save()
    before = fail(LIMIT - 1, page=page)
    assert (before.status_code, "Try again in" in before.content.decode()) == (200, False)
    last = fail(1, page=page)
    right = sign_in("annotator", "annotator-password", page=page)
    for answer in (last, right):
        assert answer.status_code == 429
        assert "Too many wrong sign-ins. Try again in 15 minutes." in answer.content.decode()
        assert 840 < int(answer["Retry-After"]) <= 900
        assert not is_signed_in(answer)
    other_page = ADMIN if page == SIGN_IN else SIGN_IN
    assert sign_in("annotator", "annotator-password", page=other_page).status_code == 429


def test_wait_ends_after_15_minutes_also_if_one_keeps_trying(annotator: User) -> None:
    fail(LIMIT)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=10))
    assert "in 5 minutes" in fail(3).content.decode()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert is_signed_in(sign_in("annotator", "annotator-password"))


def test_others_behind_the_same_address_can_sign_in(annotator: User, other_annotator: User) -> None:
    fail(LIMIT + 30)
    assert is_signed_in(sign_in("other-annotator", "other-annotator-password"))


def test_account_can_sign_in_from_another_address(annotator: User) -> None:
    fail(LIMIT)
    signed_in = sign_in("annotator", "annotator-password", address="198.51.100.7")
    assert is_signed_in(signed_in)


def test_right_sign_in_resets_the_count(annotator: User) -> None:
    for _ in range(3):
        fail(LIMIT - 1)
        assert is_signed_in(sign_in("annotator", "annotator-password"))


def test_address_that_tries_many_accounts_has_to_wait(annotator: User) -> None:
    for n in range(10 * LIMIT - 1):
        assert sign_in(f"account-{n}").status_code == 200
    assert is_signed_in(sign_in("annotator", "annotator-password"))
    # An own account does not reset the count.
    assert sign_in("account-x").status_code == 429
    assert sign_in("annotator", "annotator-password").status_code == 429
    elsewhere = sign_in("annotator", "annotator-password", address="198.51.100.7")
    assert is_signed_in(elsewhere)


def test_account_that_many_addresses_try_has_to_wait(annotator: User) -> None:
    for n in range(10 * LIMIT):
        sign_in("annotator", address=f"198.51.100.{n}")
    rejected = sign_in("annotator", "annotator-password", address="203.0.113.9")
    assert rejected.status_code == 429


def test_forged_address_does_not_evade_the_limit(annotator: User) -> None:
    for n in range(LIMIT):
        last = sign_in("annotator", address=f"203.0.113.{n}, 192.0.2.1")
    assert last.status_code == 429
    for n in range(LIMIT):
        last = sign_in("other", address=f"2001:db8:1:1::{n + 1:x}")
    assert last.status_code == 429


def test_unknown_account_is_limited_like_a_known_one(db: None) -> None:
    assert fail(LIMIT - 1, "nobody").status_code == 200
    assert fail(1, "nobody").status_code == 429


def test_server_without_client_addresses_limits_by_account(annotator: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    body = {"username": "annotator", "password": WRONG}
    for _ in range(LIMIT):
        last = Client().post(SIGN_IN, body, REMOTE_ADDR="")
    assert last.status_code == 429


def test_sign_ins_are_logged(annotator: User, caplog: pytest.LogCaptureFixture) -> None:
    fail(2)
    sign_in("annotator", "annotator-password")
    failures = AccessFailureLog.objects.values_list("username", "ip_address", "path_info")
    assert list(failures) == [("annotator", "192.0.2.1", SIGN_IN)] * 2
    assert list(AccessLog.objects.values_list("username", "ip_address")) == [
        ("annotator", "192.0.2.1")
    ]
    assert "login failure" in caplog.text
    stored = str([*AccessFailureLog.objects.values(), *AccessAttempt.objects.values()])
    assert "wrong" not in stored + caplog.text


def test_old_logs_are_deleted(annotator: User) -> None:
    fail(1)
    sign_in("annotator", "annotator-password")
    delete_old_logs()
    assert AccessLog.objects.count() == AccessFailureLog.objects.count() == 1
    for model in (AccessLog, AccessFailureLog):
        model.objects.update(attempt_time=timezone.now() - timedelta(days=91))
    delete_old_logs()
    assert not AccessLog.objects.exists()
    assert not AccessFailureLog.objects.exists()


def test_query_count_does_not_grow_with_failures(
    annotator: User, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        sign_in(f"account-{n}")
    with django_assert_max_num_queries(30):
        sign_in("annotator")
