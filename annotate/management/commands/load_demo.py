import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from annotate import services
from annotate.accounts.demo import DEMO_PROJECT, get_demo_password
from annotate.models import MODELS, Annotation
from annotate.projects.models import Membership, Project, Tag, TagSet
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, Source
from annotate.registry.services import create_entity, find_or_create_source
from annotate.studies.services import finish_assignment, reopen_assignment
from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion, Outlet
from articles.services import create_article
from articles.text.anchor import Selector, resolve
from articles.text.byline import Credit
from articles.text.links import Link
from articles.text.normalise import normalise
from config.search.queue import index_pending

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
EDITORS = "Editors"


class Command(BaseCommand):
    help = "Load the demo newsroom: accounts, articles and their annotations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing if there is an article already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo accounts have public passwords. Set PRESSMARK_DEMO=1 to load them.",
                returncode=2,
            )
        if options["if_empty"] and Article.objects.exists():
            return
        if Project.objects.filter(slug=DEMO_PROJECT).exists():
            self.stdout.write("The demo is already loaded.")
            return
        with transaction.atomic():
            loader = DemoLoader()
            loader.load()
        # Otherwise the first search would do it.
        index_pending(None)
        self.stdout.write(
            f"Loaded the demo: {loader.articles} articles, {loader.annotations} annotations."
        )


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


class DemoLoader:
    """Load the fixtures through the services, as their authors."""

    def __init__(self) -> None:
        self.demo = _read(FIXTURES / "demo.json")
        self.outlets: dict[str, str] = {}
        self.users: dict[str, Any] = {}
        # What a key in a field of an annotation refers to.
        self.entities: dict[str, Entity] = {}
        self.sources: dict[str, Source] = {}
        # The annotations of the current article.
        self.loaded: dict[str, Annotation] = {}
        self.articles = self.annotations = 0

    def load(self) -> None:
        self.project = self.create_project()
        for account in self.demo["accounts"]:
            self.create_account(account)
        for entry in _read(FIXTURES / "outlets.json"):
            self.outlets[entry.pop("key")] = entry["name"]
            Outlet.objects.create(**entry)
        for entry in _read(FIXTURES / "entities.json"):
            self.entities[entry.pop("key")] = create_entity(_entity_draft(entry), by=None)
        for entry in _read(FIXTURES / "sources.json"):
            key, day = entry.pop("key"), entry.pop("published_on", None)
            published_on = day and date.fromisoformat(day)
            draft = SourceDraft(**entry, published_on=published_on, is_public=True)
            self.sources[key], _ = find_or_create_source(draft, by=None)
        for path in sorted((FIXTURES / "articles").glob("*.json")):
            self.load_article(path)

    def create_project(self) -> Project:
        described = self.demo["tag_set"]
        tags = described.pop("tags")
        tag_set = TagSet.objects.create(**described)
        Tag.objects.bulk_create(
            Tag(tag_set=tag_set, position=n, **tag) for n, tag in enumerate(tags)
        )
        return Project.objects.create(tag_set=tag_set, is_public=True, **self.demo["project"])

    def create_account(self, account: dict[str, str]) -> None:
        """Create an account with its role in the project; the manager is also an admin editor."""
        name = account["username"]
        user = get_user_model().objects.create_user(name, password=get_demo_password(name))
        if account["role"] == "manager":
            user.is_staff = True
            user.save()
            user.groups.add(get_editors_group())
        Membership.objects.create(project=self.project, user=user, role=account["role"])
        self.users[name] = user

    def load_article(self, path: Path) -> None:
        entry = _read(path)
        text = normalise(path.with_suffix(".txt").read_text(encoding="utf-8"))
        article = create_article(
            ArticleDraft(
                title=entry["title"],
                text=text,
                language=entry["language"],
                outlet=self.outlets[entry["outlet"]],
                authors=[Credit(**author) for author in entry["authors"]],
                published_at=parse_datetime(entry["published_at"]),
                licence=entry["licence"],
                links=[_link(text, link) for link in entry["links"]],
            ),
            created_by=self.users["editor"],
        )
        version = cast("ArticleVersion", article.current_version)
        self.articles += 1
        for name, is_finished in self.demo["assignments"].get(path.stem, {}).items():
            assign = finish_assignment if is_finished else reopen_assignment
            assign(self.project, version, by=self.users[name])
        self.loaded = {}
        for annotation in entry["annotations"]:
            self.load_annotation(annotation, version)

    def load_annotation(self, entry: dict[str, Any], version: ArticleVersion) -> None:
        """Create an annotation, then revise or retract it as `then` says."""
        own = {k: v for k, v in entry.items() if k not in ("id", "kind", "author", "then")}
        annotation = services.create(
            MODELS[entry["kind"]],
            self.get_content(own),
            project=self.project,
            version=version,
            actor=self.users[entry["author"]],
        )
        self.annotations += 1
        for step in entry.get("then", []):
            seen: Any = {"seen_revision": annotation.revision, "actor": self.users[step["by"]]}
            if step["action"] == "retract":
                annotation = services.retract(annotation, **seen)
            else:
                content = self.get_content(step["changes"])
                annotation = services.revise(annotation, content, **seen)
        self.loaded[entry["id"]] = annotation

    def get_content(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return the content of an entry, with its keys replaced by the objects they refer to."""
        convert: dict[str, Callable[[Any], Any]] = {
            "spans": lambda spans: tuple(Selector(**span) for span in spans),
            "entity": self.entities.__getitem__,
            "claimant_entity": self.entities.__getitem__,
            "source": self.sources.__getitem__,
            "claim": lambda key: self.loaded[key].content,
            "target": lambda key: self.loaded[key].content,
            "retrieved_at": parse_datetime,
        }
        return {
            name: convert[name](value) if value and name in convert else value
            for name, value in entry.items()
        }


def get_editors_group() -> Group:
    """Return the group that manages all content in the admin, but not the accounts.

    Its members also see the task queue.
    """
    group, is_new = Group.objects.get_or_create(name=EDITORS)
    if is_new:
        roots = ("annotate", "articles", "config")
        ours = [app.label for app in apps.get_app_configs() if app.name.split(".")[0] in roots]
        content = Q(content_type__app_label__in=ours)
        queue = Q(codename="view_dbtaskresult")
        group.permissions.set(Permission.objects.filter(content | queue))
    return group


def _link(text: str, entry: dict[str, Any]) -> Link:
    href = entry.pop("href")
    span = resolve(text, Selector(**entry))
    return Link(span.start, span.end, href)


def _entity_draft(entry: dict[str, Any]) -> EntityDraft:
    return EntityDraft(
        name=entry["name"],
        type=entry["type"],
        description=entry.get("description", ""),
        qid=entry.get("wikidata"),
        aliases=tuple((a["name"], a.get("language", "")) for a in entry.get("aliases", [])),
        is_public=True,
    )
