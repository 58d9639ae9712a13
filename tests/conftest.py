"""Fixtures that tests of several parts share: users, a project, an article."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from annotate.projects.models import Membership, Project, Role, Tag, TagSet
from annotate.registry.models import EntityType
from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion
from articles.services import create_article
from tests.openapi import CheckingClient

TEXT = (
    "The ministry said on Monday that exports rose by 12 % in March.\n"
    "Exports to Chile\n"
    "“We expect more 🚢 than ever,” the port authority of Valparaíso wrote. "
    "The ministry did not name a source."
)


_OTHER_ENGINE = {"sqlite": "postgresql", "postgresql": "sqlite"}
_DESELECTED = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that are bound to the other database engine."""
    other = _OTHER_ENGINE[connection.vendor]
    deselected = [item for item in items if item.get_closest_marker(other)]
    config.stash[_DESELECTED] = len(deselected)
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if not item.get_closest_marker(other)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    # Under pytest-xdist only the workers collect tests.
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["deselected"] = session.config.stash.get(_DESELECTED, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[_DESELECTED] = getattr(node, "workeroutput", {}).get("deselected", 0)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    count, other = config.stash.get(_DESELECTED, 0), _OTHER_ENGINE[connection.vendor]
    terminalreporter.write_line(f"Tests for {other} deselected: {count}")


@pytest.fixture(autouse=True)
def _fast_password_hasher(settings: Any) -> None:
    # The default hasher is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_rate_limits(settings: Any) -> None:
    settings.READS_PER_MINUTE = settings.WRITES_PER_MINUTE = settings.ANONYMOUS_PER_MINUTE = 0


@pytest.fixture
def article(db: None) -> Article:
    """Return an article with an emoji, accents and repeated words in its text."""
    return create_article(ArticleDraft(title="Exports rise", text=TEXT, language="en"))


@pytest.fixture
def version(article: Article) -> ArticleVersion:
    assert article.current_version
    return article.current_version


@pytest.fixture
def tag_set(db: None) -> TagSet:
    tag_set = TagSet.objects.create(slug="news", name="News")
    Tag.objects.bulk_create(
        Tag(tag_set=tag_set, code=code, name=label, position=position)
        for position, (code, label) in enumerate(EntityType.choices)
    )
    return tag_set


@pytest.fixture
def project(tag_set: TagSet) -> Project:
    """Return a public project that accepts any article."""
    return Project.objects.create(slug="exports", name="Exports", tag_set=tag_set, is_public=True)


@pytest.fixture
def member(project: Project) -> Callable[..., User]:
    """Return a function that creates a member of the project."""

    def make(name: str, role: str = Role.ANNOTATOR, *, to_project: Project = project) -> User:
        user = User.objects.create_user(name, password=f"{name}-password")
        Membership.objects.create(project=to_project, user=user, role=role)
        return user

    return make


@pytest.fixture
def annotator(member: Callable[..., User]) -> User:
    return member("annotator")


@pytest.fixture
def other_annotator(member: Callable[..., User]) -> User:
    return member("other-annotator")


@pytest.fixture
def manager(member: Callable[..., User]) -> User:
    """One who manages the project."""
    return member("manager", Role.MANAGER)


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """Make a client of the API; signed in when a user is given. It checks what it gets."""

    def client(user: User | None = None) -> APIClient:
        created = CheckingClient()
        if user is not None:
            created.force_login(user)
        return created

    return client
