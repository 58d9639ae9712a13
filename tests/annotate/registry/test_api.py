from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate.registry.models import Entity, Source

ENTITIES, SOURCES = "/api/v1/entities/", "/api/v1/sources/"


class TestEntities:
    def test_entity_is_created_filtered_and_corrected(self, api: Any, annotator: User) -> None:
        body = {
            "name": " Rotterdam ",
            "type": "GPE",
            "qid": "Q34370",
            "aliases": [{"name": "Roterdão", "language": "pt"}],
            "external_ids": [{"scheme": "geonames", "value": "2747891"}],
        }
        created = api(annotator).post(ENTITIES, body)
        record = created.json()
        assert (created.status_code, record["name"]) == (201, "Rotterdam")
        for filters in ({"name": "rotter"}, {"name": "Roterdão"}, {"qid": "Q34370"}):
            assert api(annotator).get(ENTITIES, filters).json()["results"] == [record]
        one = f"{ENTITIES}{record['id']}/"
        corrected = api(annotator).correct(one, {"aliases": []}).json()
        assert (corrected["aliases"], corrected["qid"]) == ([], "Q34370")
        assert api(User.objects.create_user("other")).correct(one, {}).status_code == 404
        duplicate = api(annotator).post(ENTITIES, body)
        assert duplicate.json()["errors"][0]["pointer"] == "/qid"
        assert Entity.objects.count() == 1

    def test_partial_update_keeps_fields_that_were_not_sent(
        self, api: Any, annotator: User, entity: Entity
    ) -> None:
        Entity.objects.update(created_by=annotator)
        one = f"{ENTITIES}{entity.public_id}/"
        before = api().get(one).json()
        after = api(annotator).correct(one, {"description": "A country"}).json()
        kept = {"name", "type", "qid", "aliases", "external_ids"}
        assert before["aliases"]
        assert {k: after[k] for k in kept} == {k: before[k] for k in kept}
        assert after["description"] == "A country"

    def test_only_creator_and_editors_can_change_an_entity(
        self, api: Any, annotator: User, other_annotator: User, entity: Entity
    ) -> None:
        Entity.objects.update(created_by=annotator)
        one = f"{ENTITIES}{entity.public_id}/"
        rejected = api(other_annotator).correct(one, {"name": "Mine"})
        assert rejected.status_code == 403
        assert rejected.json()["detail"] == (
            "Only the person who added this entity or an editor can change it."
        )
        other_annotator.is_staff = True
        other_annotator.save()
        assert api(other_annotator).correct(one, {"name": "Chili"}).json()["name"] == "Chili"

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"name": " "}, "/name"),
            ({"type": "DRAGON"}, "/type"),
            ({"qid": "34370"}, "/qid"),
            ({"aliases": [{"name": ""}]}, "/aliases/0/name"),
            ({"aliases": [{"name": "x", "language": "?"}]}, "/aliases/0/language"),
            ({"external_ids": [{"scheme": "a b", "value": "1"}]}, "/external_ids/0/scheme"),
        ],
    )
    def test_error_names_the_invalid_field(
        self, api: Any, annotator: User, change: dict[str, Any], pointer: str
    ) -> None:
        answer = api(annotator).post(ENTITIES, {"name": "R", "type": "GPE", **change})
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert not Entity.objects.exists()


class TestSources:
    def test_source_with_known_url_is_not_created_again(self, api: Any, annotator: User) -> None:
        first = api(annotator).post(SOURCES, {"url": "https://A.example/x", "title": "A"})
        again = api(annotator).post(SOURCES, {"url": "https://a.example/x", "title": "Other"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        one = f"{SOURCES}{first.json()['id']}/"
        assert api(annotator).correct(one, {"title": "B"}).json()["title"] == "B"
        assert (
            api(annotator).get(SOURCES, {"title": "b"}).json()["results"][0]["url"]
            == "https://a.example/x"
        )
        assert Source.objects.count() == 1

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/url"),
            ({"url": "javascript:alert(1)"}, "/url"),
            ({"url": "data:text/html,x"}, "/url"),
            ({"url": "http://"}, "/url"),
            ({"url": "https://a.example", "archive_url": "file:///etc/passwd"}, "/archive_url"),
            ({"title": "A", "published_on": "May"}, "/published_on"),
        ],
    )
    def test_error_names_the_invalid_field(
        self, api: Any, annotator: User, body: dict[str, Any], pointer: str
    ) -> None:
        answer = api(annotator).post(SOURCES, body)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert not Source.objects.exists()
