import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from annotate.accounts.models import ApiToken

PAGE = "/tokens/"
FORM = {"name": "weekly export", "scopes": ["read"], "lifetime": "90"}


@pytest.fixture
def annotator_client(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def find_keys(page: str) -> list[str]:
    return re.findall(r"pmk_[\w-]{43}", page)


class TestCreate:
    def test_create_token_shows_the_key_only_once(
        self, annotator_client: Client, annotator: User
    ) -> None:
        answer = annotator_client.post(PAGE, {**FORM, "scopes": ["annotate"]})
        (key,) = find_keys(answer.content.decode())
        token = ApiToken.objects.find_by_key(key)
        assert answer.status_code == 201
        assert "no-store" in answer["Cache-Control"]
        assert (token.user, token.name, token.scopes) == (
            annotator,
            "weekly export",
            "read annotate",
        )
        assert token.expires_at
        assert abs(token.expires_at - now() - timedelta(days=90)) < timedelta(minutes=1)
        listed = annotator_client.get(PAGE).content.decode()
        assert "weekly export" in listed
        assert f"<code>{key[:8]}…</code>" in listed
        assert not find_keys(listed)
        assert key not in {*token.__dict__.values(), *annotator_client.session.values()}
        asked = Client().get("/api/v1/articles/", HTTP_AUTHORIZATION=f"Bearer {key}")
        assert asked.status_code == 200
        assert "Last used on" in annotator_client.get(PAGE).content.decode()

    def test_create_token_twice_fails(self, annotator_client: Client) -> None:
        annotator_client.post(PAGE, FORM)
        again = annotator_client.post(PAGE, FORM)
        assert again.status_code == 422
        assert "You already have a token with this name" in again.content.decode()
        assert not find_keys(again.content.decode())
        assert ApiToken.objects.count() == 1

    @pytest.mark.parametrize(
        ("lifetime", "day", "expires_at"),
        [
            ("never", "", None),
            # An invalid date in the hidden field.
            ("never", "2020-02-30", None),
            ("date", "2090-01-01", datetime(2090, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_create_token_sets_expiration(
        self, annotator_client: Client, lifetime: str, day: str, expires_at: datetime | None
    ) -> None:
        created = annotator_client.post(PAGE, {**FORM, "lifetime": lifetime, "expires_at": day})
        assert created.status_code == 201
        assert ApiToken.objects.get().expires_at == expires_at

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"name": ""}, "This field is required"),
            ({"name": "x" * 101}, "at most 100 characters"),
            ({"name": "a\0b"}, "Null characters are not allowed"),
            ({"scopes": []}, "Select at least one scope"),
            ({"scopes": ["all"]}, "all is not one of the available choices"),
            ({"lifetime": "36500"}, "36500 is not one of the available choices"),
            ({"lifetime": "date"}, "Choose a date"),
            ({"lifetime": "date", "expires_at": "2090-02-30"}, "Enter a valid date"),
            ({"lifetime": "date", "expires_at": "2020-01-01"}, "Choose a time in the future"),
        ],
    )
    def test_create_token_shows_field_errors(
        self, annotator_client: Client, wrong: Any, message: str
    ) -> None:
        answer = annotator_client.post(PAGE, {**FORM, **wrong})
        assert answer.status_code == 422
        assert message in answer.content.decode()
        assert not ApiToken.objects.exists()


class TestRevoke:
    def test_revoke_token_after_confirmation(
        self, annotator_client: Client, annotator: User
    ) -> None:
        key = ApiToken.objects.issue(annotator, "old laptop")
        where = f"/tokens/{ApiToken.objects.get().public_id}/revoke/"
        assert "old laptop" in annotator_client.get(where).content.decode()
        assert ApiToken.objects.exists()
        after = annotator_client.post(where, follow=True)
        assert after.redirect_chain == [(PAGE, 302)]
        assert "Revoked “old laptop”." in after.content.decode()
        rejected = Client().get("/api/v1/articles/", HTTP_AUTHORIZATION=f"Bearer {key}")
        assert rejected.status_code == 401
        assert "revoked" in rejected.json()["detail"]

    def test_revoke_token_of_another_user_fails(
        self, annotator_client: Client, other_annotator: User
    ) -> None:
        ApiToken.objects.issue(other_annotator, "not yours")
        where = f"/tokens/{ApiToken.objects.get().public_id}/revoke/"
        assert (
            annotator_client.get(where).status_code
            == annotator_client.post(where).status_code
            == 404
        )
        assert "not yours" not in annotator_client.get(PAGE).content.decode()
        assert ApiToken.objects.exists()


def test_tokens_require_sign_in(client: Client, db: None) -> None:
    assert client.get(PAGE)["Location"] == f"/sign-in/?next={PAGE}"
    assert 'href="/tokens/"' not in client.get("/articles/").content.decode()


def test_token_list_query_count_is_constant(
    annotator_client: Client, annotator: User, django_assert_num_queries: Any
) -> None:
    for n in range(30):
        ApiToken.objects.issue(annotator, f"{n}", expires_at=now() + timedelta(days=n + 1))
    # Session, user, tokens.
    with django_assert_num_queries(3):
        page = annotator_client.get(PAGE).content.decode()
    assert page.count('class="token') == 30
