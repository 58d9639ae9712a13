"""Every page of the admin shows what the user can see on the site, and tells of nothing else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, EntityTag, Kind, SourceLink
from annotate.projects.models import Membership, Project, Role, Tag, TagSet
from annotate.reanchoring.services import reanchor_annotations
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, Source
from annotate.studies.models import Assignment
from annotate.webhooks.models import Webhook
from articles.models import Article, ArticleVersion
from articles.services import add_version
from articles.text.anchor import Selector
from config.ui.admin import VisibleAdmin

# What is hidden contains "geheim"; a search for the other half must not find it.
HIDDEN, TERM = "geheim-kanarie", "kanarie"
LABELS = sorted(model._meta.label_lower for model in admin.site._registry)
# Where somebody who sees everything finds hidden things.
WITH_HIDDEN_ROWS = [
    *("projects.project", "projects.tagset", "registry.entity", "registry.source"),
    *("annotate.claim", "annotate.entitytag", "annotate.sourcelink", "annotate.note"),
    *("studies.assignment", "webhooks.webhook"),
]


@pytest.fixture
def editor(member: Any) -> User:
    """A member of the open project with every permission, but no superuser."""
    user: User = member("editor", Role.MANAGER)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.all())
    return user


@pytest.fixture
def hidden_world(
    project: Project, tag_set: TagSet, article: Article, annotate: Any, editor: User
) -> list[Any]:
    """Return rows that the editor cannot see, in a private and in a blind project."""
    for kind in Kind:
        annotate(editor, kind)
    author = User.objects.create_user("ghost")
    secret_tags = TagSet.objects.create(slug=HIDDEN, name=f"Tags {HIDDEN}")
    Tag.objects.create(tag_set=secret_tags, code=f"T-{HIDDEN}", name=HIDDEN)
    private = Project.objects.create(slug=HIDDEN, name=f"Project {HIDDEN}", tag_set=secret_tags)
    blind = Project.objects.create(
        slug="blind", name="Blind", tag_set=tag_set, is_public=True, is_blind=True
    )
    rows: list[Any] = [secret_tags, private]
    for place, code in ((private, f"T-{HIDDEN}"), (blind, "GPE")):
        Membership.objects.create(project=place, user=author, role=Role.ANNOTATOR)
        spans = (Selector(exact="Exports to Chile"),)
        entity = EntityDraft(name=f"Entity {HIDDEN} {place.pk}", type="GPE", qid="Q777")
        source = SourceDraft(url=f"https://{HIDDEN}.example/{place.pk}", title=HIDDEN)
        claim = annotate(author, Kind.CLAIM, {"spans": spans, "text": HIDDEN}, project=place)
        tag = annotate(
            author, Kind.ENTITY_TAG, {"spans": spans, "type": code, "entity": entity}, project=place
        )
        link = annotate(
            author,
            Kind.SOURCE_LINK,
            {"spans": spans, "source": source, "stance": "supports", "evidence": HIDDEN},
            project=place,
        )
        note = annotate(author, Kind.NOTE, {"spans": spans, "body": HIDDEN}, project=place)
        # Hidden work also uses public entries.
        shared = Entity.objects.get(name="Chile")
        annotate(
            author, Kind.ENTITY_TAG, {"spans": spans, "type": code, "entity": shared}, project=place
        )
        rows += [claim, tag, link, note, tag.entity, link.source, *claim.changes.all()]
        work = Assignment.objects.create(
            project=place, version=article.current_version, annotator=author
        )
        hook = Webhook.objects.create(
            owner=author, project=place, url=f"https://{HIDDEN}.example/hook"
        )
        rows += [work, hook, hook.deliveries.create(is_ping=True)]
    reanchor_annotations(add_version(article, f"Corrected.\n{article.current_version.text}"))
    rows += [r for one in rows if isinstance(one, Annotation) for r in one.reanchorings.all()]
    return rows


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def get_list_url(model: Any) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def list_rows(page: str, url: str) -> list[str]:
    return sorted(set(re.findall(rf'href="({url}[^/"]+)/change/[^"]*"', page)))


def assert_silent(answer: Any, address: str) -> str:
    page: str = answer.content.decode()
    assert answer.status_code in (200, 302, 403), (address, answer.status_code)
    found = re.search(r".{0,80}geheim.{0,40}", page)
    assert not found, (address, found)
    return page


def test_every_admin_page_follows_the_shared_rules() -> None:
    others = {
        model._meta.label_lower
        for model, model_admin in admin.site._registry.items()
        if not isinstance(model_admin, VisibleAdmin)
    }
    # Roles, and sign-in attempts.
    assert others <= {"auth.group", "axes.accessattempt", "axes.accesslog", "axes.accessfailurelog"}


@pytest.mark.parametrize("label", LABELS)
def test_admin_hides_work_of_private_and_blind_projects(
    editor_client: Client, hidden_world: list[Any], label: str
) -> None:
    model = apps.get_model(label)
    url = get_list_url(model)
    page = assert_silent(editor_client.get(url), url)
    for query in (f"q={TERM}", *iter_filters(page)):
        assert_silent(editor_client.get(f"{url}?{query}"), f"{url}?{query}")
    for row in [*list_rows(page, url), f"{url}add"]:
        for name in ("change/", "history/", "delete/") if row != f"{url}add" else ("",):
            assert_silent(editor_client.get(f"{row}/{name}"), f"{row}/{name}")
    for row in hidden_world:
        if isinstance(row, model):
            for name in ("change", "history", "delete"):
                address = f"{url}{row.pk}/{name}/"
                answer = editor_client.get(address)
                assert answer.status_code in (302, 403), address
                assert_silent(answer, address)
                assert_silent(editor_client.get(address, follow=True), address)


def iter_filters(page: str) -> Iterator[str]:
    """Yield the queries of all links of a list page."""
    yield from sorted({q.replace("&amp;", "&") for q in re.findall(r'href="\?([^"]+)"', page)})


@pytest.mark.parametrize("label", WITH_HIDDEN_ROWS)
def test_admin_shows_hidden_work_to_superusers(
    admin_client: Client, hidden_world: list[Any], label: str
) -> None:
    url = get_list_url(apps.get_model(label))
    assert "geheim" in admin_client.get(f"{url}?q={TERM}").content.decode().replace(TERM, "")


COUNTS = {
    **{f"annotate.{name}": 1 for name in ("claim", "sourcelink", "note")},
    **{"annotate.entitytag": 1, "annotate.annotation": 4, "annotate.change": 4},
    **{"projects.project": 2, "projects.tagset": 1, "registry.entity": 1, "registry.source": 1},
    **{"studies.assignment": 0, "webhooks.webhook": 0, "webhooks.delivery": 0},
}


@pytest.mark.parametrize("label", COUNTS)
def test_admin_list_counts_visible_rows_only(
    editor_client: Client, hidden_world: list[Any], label: str
) -> None:
    # Re-anchoring would add rows.
    shown = editor_client.get(get_list_url(apps.get_model(label)))
    count = shown.context["cl"].result_count
    assert count == COUNTS[label] or (label.startswith("annotate.") and count == 2 * COUNTS[label])


@pytest.mark.parametrize("label", LABELS)
def test_admin_autocompletion_and_choices_hide_what_cannot_be_seen(
    editor_client: Client, hidden_world: list[Any], editor: User, label: str, rf: Any
) -> None:
    model = apps.get_model(label)
    model_admin = admin.site._registry[model]
    request = rf.get("/")
    request.user = editor
    inlines = [inline(model, admin.site) for inline in model_admin.inlines]
    for one in (model_admin, *inlines):
        for name in one.get_autocomplete_fields(request):
            where = {
                "app_label": one.model._meta.app_label,
                "model_name": one.model._meta.model_name,
            }
            for term in ("", TERM):
                query = {**where, "field_name": name, "term": term}
                assert_silent(editor_client.get("/admin/autocomplete/", query), f"{label}.{name}")


@pytest.mark.parametrize("label", LABELS)
def test_admin_refuses_filters_through_hidden_rows(
    editor_client: Client, hidden_world: list[Any], label: str
) -> None:
    model = apps.get_model(label)
    if not isinstance(admin.site._registry[model], VisibleAdmin):
        return
    for relation in model._meta.get_fields():
        if not relation.is_relation or not (relation.auto_created or relation.many_to_many):
            continue
        if relation.hidden:
            continue
        for query in (f"{relation.name}__isnull=False", f"{relation.name}=1"):
            answer = editor_client.get(f"{get_list_url(model)}?{query}")
            assert answer.status_code in (400, 403), (label, query, answer.status_code)


def test_deletion_does_not_tell_of_hidden_annotations(
    editor_client: Client, admin_client: Client, hidden_world: list[Any], tag_set: TagSet
) -> None:
    used = Entity.objects.get(name="Chile")
    unused = Entity.objects.create(name="Peru", type="GPE", is_public=True)
    for row in (used, unused, tag_set, Source.objects.get(title="Exports in March")):
        url = f"{get_list_url(type(row))}{row.pk}/delete/"
        assert editor_client.get(url).status_code == 403
        assert editor_client.post(url, {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        editor_client.post(get_list_url(type(row)), chosen)
        assert type(row).objects.filter(pk=row.pk).exists()
    assert (
        admin_client.post(
            f"/admin/registry/entity/{unused.pk}/delete/", {"post": "yes"}
        ).status_code
        == 302
    )


def test_editor_who_sees_all_work_can_delete_entries(editor_client: Client, project: Any) -> None:
    unused = Entity.objects.create(name="Peru", type="GPE", is_public=True)
    url = f"/admin/registry/entity/{unused.pk}/delete/"
    assert editor_client.post(url, {"post": "yes"}).status_code == 302
    assert not Entity.objects.exists()


def test_entity_tag_offers_tags_of_its_project(
    editor_client: Client, hidden_world: list[Any], editor: User
) -> None:
    tag = EntityTag.objects.get(author=editor, version__number=1)
    page = editor_client.get(f"/admin/annotate/entitytag/{tag.pk}/change/").content.decode()
    (select,) = re.findall(r'<select name="type".*?</select>', page, re.DOTALL)
    assert ">GPE<" in select
    assert "geheim" not in select


def test_hidden_claim_of_a_visible_link_has_no_label(
    editor_client: Client,
    editor: User,
    project: Project,
    annotate: Any,
    annotator: User,
    source: Any,
) -> None:
    claim = annotate(annotator, Kind.CLAIM, {"spans": (Selector(exact="Chile"),), "text": HIDDEN})
    link = annotate(editor, SourceLink, {"claim": claim, "source": source, "stance": "mixed"})
    address = f"/admin/annotate/sourcelink/{link.pk}/change/"
    assert HIDDEN in editor_client.get(address).content.decode()
    project.is_blind = True
    project.save()
    project.memberships.filter(user=editor).update(role=Role.ANNOTATOR)
    answer = editor_client.get(address)
    assert answer.status_code == 200
    assert_silent(answer, address)


class TestProjects:
    def test_editor_cannot_change_a_project_without_managing_it(
        self, editor_client: Client, hidden_world: list[Any], editor: User
    ) -> None:
        blind = Project.objects.get(slug="blind")
        url = f"/admin/projects/project/{blind.pk}/"
        page = editor_client.get(f"{url}change/").content.decode()
        assert "ghost" not in page
        assert 'name="_save"' not in page
        body = {"name": "Mine", "slug": "blind", "tag_set": blind.tag_set_id, "is_public": "on"}
        assert editor_client.post(f"{url}change/", body).status_code == 403
        assert editor_client.post(f"{url}delete/", {"post": "yes"}).status_code == 403
        blind.refresh_from_db()
        assert (blind.name, blind.is_blind) == ("Blind", True)

    def test_creator_of_a_project_is_its_manager(
        self, editor_client: Client, editor: User, tag_set: TagSet
    ) -> None:
        inlines = {f"memberships-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
        body = {"name": "Ports", "slug": "ports", "tag_set": tag_set.pk, **inlines}
        assert editor_client.post("/admin/projects/project/add/", body).status_code == 302
        created = Project.objects.get(slug="ports")
        assert created.get_role(editor) == Role.MANAGER
        assert "Ports" in editor_client.get("/admin/projects/project/").content.decode()

    def test_project_with_webhook_of_another_user_is_not_deleted_with_it(
        self, editor_client: Client, project: Project, annotator: User
    ) -> None:
        Webhook.objects.create(owner=annotator, project=project, url=f"https://{HIDDEN}.example/")
        url = f"/admin/projects/project/{project.pk}/delete/"
        assert_silent(editor_client.get(url), url)
        editor_client.post(url, {"post": "yes"})
        assert Webhook.objects.exists()


def test_assignment_refuses_a_hidden_project(
    editor_client: Client, hidden_world: list[Any], version: ArticleVersion, editor: User
) -> None:
    private = Project.objects.get(slug=HIDDEN)
    body = {"annotator": editor.pk, "project": private.pk, "version": version.pk}
    answer = editor_client.post("/admin/studies/assignment/add/", body)
    assert "Select a valid choice" in answer.content.decode()
    assert_silent(answer, "add")


def test_entry_that_an_editor_adds_is_public_by_default(
    editor_client: Client, editor: User, db: None
) -> None:
    add = "/admin/registry/source/add/"
    page = editor_client.get(add).content.decode()
    assert re.search(r'name="is_public"[^>]*checked', page)
    assert editor_client.post(add, {"title": "A", "is_public": "on"}).status_code == 302
    source = Source.objects.get()
    assert (source.created_by, source.is_public) == (editor, True)


def test_admin_reports_a_second_entry_of_the_same_person(
    editor_client: Client, editor: User, db: None
) -> None:
    for is_public in (True, False):
        url = f"https://a.example/{is_public}"
        Source.objects.create(url=url, created_by=editor, is_public=is_public)
        other = Source.objects.create(title="B", created_by=editor, is_public=is_public)
        body = {"url": url, "title": "B", **({"is_public": "on"} if is_public else {})}
        answer = editor_client.post(f"/admin/registry/source/{other.pk}/change/", body)
        assert answer.status_code == 200
        assert "Another entry has this URL" in answer.content.decode()


def test_query_count_does_not_grow_with_hidden_rows(
    editor_client: Client, hidden_world: list[Any], annotate: Any, tag_set: TagSet
) -> None:
    def count_queries(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            editor_client.get(url)
        return len(queries)

    urls = [get_list_url(apps.get_model(label)) for label in COUNTS]
    entity = f"/admin/registry/entity/{Entity.objects.get(name='Chile').pk}/change/"
    before = [count_queries(url) for url in (*urls, entity)]
    before = [count_queries(url) for url in (*urls, entity)]
    author, place = User.objects.get(username="ghost"), Project.objects.get(slug="blind")
    for n in range(6):
        spans = (Selector(exact="Exports to Chile"),)
        entry = EntityDraft(name=f"Entity {n}", type="GPE")
        content = {"spans": spans, "type": "GPE", "entity": entry}
        annotate(author, Kind.ENTITY_TAG, content, project=place)
        Project.objects.create(slug=f"p{n}", name="P", tag_set=tag_set)
    assert [count_queries(url) for url in (*urls, entity)] == before
    assert max(before) <= 20
