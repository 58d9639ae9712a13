"""The page of one's own API tokens."""

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
def mine(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def shown(page: str) -> list[str]:
    return re.findall(r"pmk_[\w-]{43}", page)


class TestMaking:
    def test_the_key_is_in_the_answer_and_nowhere_else(self, mine: Client, annotator: User) -> None:
        answer = mine.post(PAGE, {**FORM, "scopes": ["annotate"]})
        (key,) = shown(answer.content.decode())
        token = ApiToken.objects.of(key)
        assert answer.status_code == 201
        assert "no-store" in answer["Cache-Control"]
        assert (token.user, token.name, token.scopes) == (
            annotator,
            "weekly export",
            "read annotate",
        )
        assert token.expires_at
        assert abs(token.expires_at - now() - timedelta(days=90)) < timedelta(minutes=1)
        listed = mine.get(PAGE).content.decode()
        assert "weekly export" in listed
        assert f"<code>{key[:8]}…</code>" in listed
        assert not shown(listed)
        assert key not in {*token.__dict__.values(), *mine.session.values()}
        asked = Client().get("/api/v1/articles/", HTTP_AUTHORIZATION=f"Bearer {key}")
        assert asked.status_code == 200
        assert "Last used on" in mine.get(PAGE).content.decode()

    def test_to_send_the_form_again_makes_no_other(self, mine: Client) -> None:
        mine.post(PAGE, FORM)
        again = mine.post(PAGE, FORM)
        assert again.status_code == 422
        assert "There is a token of this name already" in again.content.decode()
        assert not shown(again.content.decode())
        assert ApiToken.objects.count() == 1

    @pytest.mark.parametrize(
        ("lifetime", "day", "end"),
        [
            ("never", "", None),
            # What was typed before another choice was made is out of sight.
            ("never", "2020-02-30", None),
            ("day", "2090-01-01", datetime(2090, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_it_holds_as_long_as_was_chosen(
        self, mine: Client, lifetime: str, day: str, end: datetime | None
    ) -> None:
        made = mine.post(PAGE, {**FORM, "lifetime": lifetime, "expires_at": day})
        assert made.status_code == 201
        assert ApiToken.objects.get().expires_at == end

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"name": ""}, "This field is required"),
            ({"name": "x" * 101}, "at most 100 characters"),
            ({"name": "a\0b"}, "Null characters are not allowed"),
            ({"scopes": []}, "Choose one at least"),
            ({"scopes": ["all"]}, "all is not one of the available choices"),
            ({"lifetime": "36500"}, "36500 is not one of the available choices"),
            ({"lifetime": "day"}, "Choose the day"),
            ({"lifetime": "day", "expires_at": "2090-02-30"}, "Enter a valid date"),
            ({"lifetime": "day", "expires_at": "2020-01-01"}, "Choose a time that is to come"),
        ],
    )
    def test_what_is_wrong_is_told_beside_it(self, mine: Client, wrong: Any, words: str) -> None:
        answer = mine.post(PAGE, {**FORM, **wrong})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not ApiToken.objects.exists()


class TestRevoking:
    def test_it_is_asked_about_and_then_refused(self, mine: Client, annotator: User) -> None:
        key = ApiToken.objects.issue(annotator, "old laptop")
        where = f"/tokens/{ApiToken.objects.get().public_id}/revoke/"
        assert "old laptop" in mine.get(where).content.decode()
        assert ApiToken.objects.exists()
        after = mine.post(where, follow=True)
        assert after.redirect_chain == [(PAGE, 302)]
        assert "“old laptop” is revoked." in after.content.decode()
        refused = Client().get("/api/v1/articles/", HTTP_AUTHORIZATION=f"Bearer {key}")
        assert refused.status_code == 401
        assert "revoked" in refused.json()["detail"]

    def test_only_ones_own(self, mine: Client, other_annotator: User) -> None:
        ApiToken.objects.issue(other_annotator, "not yours")
        where = f"/tokens/{ApiToken.objects.get().public_id}/revoke/"
        assert mine.get(where).status_code == mine.post(where).status_code == 404
        assert "not yours" not in mine.get(PAGE).content.decode()
        assert ApiToken.objects.exists()


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get(PAGE)["Location"] == f"/sign-in/?next={PAGE}"
    assert 'href="/tokens/"' not in client.get("/articles/").content.decode()


def test_the_page_asks_no_more_of_the_database_for_more_tokens(
    mine: Client, annotator: User, django_assert_num_queries: Any
) -> None:
    for n in range(30):
        ApiToken.objects.issue(annotator, f"{n}", expires_at=now() + timedelta(days=n + 1))
    # The session, the person and the tokens.
    with django_assert_num_queries(3):
        page = mine.get(PAGE).content.decode()
    assert page.count('class="token') == 30
