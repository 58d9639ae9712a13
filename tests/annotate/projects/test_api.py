from typing import Any

from django.contrib.auth.models import User

from annotate.projects.models import Project, TagSet

PROJECTS = "/api/v1/projects/"


class TestProjects:
    def test_creator_of_a_project_is_its_manager(
        self, api: Any, annotator: User, tag_set: TagSet
    ) -> None:
        body = {"slug": "ports", "name": "Ports", "tag_set": "news", "is_blind": True}
        created = api(annotator).post(PROJECTS, body)
        assert (created.status_code, created.json()["is_blind"]) == (201, True)
        assert [tag["code"] for tag in created.json()["tag_set"]["tags"]][:2] == ["PERSON", "ORG"]
        one = f"{PROJECTS}ports/"
        assert api(annotator).correct(one, {"name": "Harbours"}).json()["name"] == "Harbours"
        taken = api(annotator).post(PROJECTS, body)
        assert taken.json()["errors"][0]["pointer"] == "/slug"

    def test_private_project_is_visible_to_members_only(
        self, api: Any, annotator: User, manager: User, project: Project
    ) -> None:
        one = f"{PROJECTS}{project.slug}/"
        assert api().get(one).status_code == 200
        assert api(annotator).correct(one, {"name": "Mine"}).status_code == 403
        api(manager).correct(one, {"is_public": False})
        assert api().get(one).status_code == 404
        assert api().get(PROJECTS).json()["results"] == []
        assert api(annotator).get(one).status_code == 200
