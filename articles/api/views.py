"""Endpoints for articles and versions."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.create import NEW_ARTICLE, new_article, problem_of
from articles.api.filters import ArticleFilter, VersionFilter
from articles.api.serializers import (
    ArticleMetadataSerializer,
    ArticleSerializer,
    FetchedSerializer,
    VersionListSerializer,
    VersionSerializer,
    VersionWriteSerializer,
)
from articles.errors import IngestError
from articles.fetch import FetchedPage, refetch, save_version
from articles.models import Article, ArticleVersion
from articles.services import add_version, update_metadata
from config.api.expansions import Expansion
from config.api.filters import OF_ONE, check_parameters
from config.api.idempotency import once, once_after
from config.api.resources import Record, ResourceViewSet, id_of, site_of, writer


class IngestViewSet(ResourceViewSet):
    """An endpoint through which articles come in."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what ingest refused as fields that cannot be accepted."""
        if isinstance(exc, IngestError):
            exc = problem_of(exc)
        return super().handle_exception(exc)

    def require_keeper(self, article: Article) -> None:
        """Refuse those who neither brought the article in nor keep the house."""
        if not article.can_edit(self.request.user):
            raise PermissionDenied("Only who brought an article in, or an editor, may change it.")


def _look_first(view: Any, request: Request) -> Any:
    """Check what was sent, and fetch what is to be fetched. Raises IngestError."""
    serializer = new_article(request.data)
    serializer.is_valid(raise_exception=True)
    serializer.look()
    return serializer


def _look_again(view: Any, request: Request, **_: Any) -> FetchedPage | None:
    """Look at the page of an article. Raises FetchFailed."""
    article = view.get_object()
    view.require_keeper(article)
    return refetch(article)


@extend_schema_view(
    list=extend_schema(summary="List articles"),
    retrieve=extend_schema(summary="Read an article"),
)
class ArticleViewSet(IngestViewSet):
    """Articles: what is annotated."""

    queryset = Article.objects.for_reading()
    serializer_class = ArticleSerializer
    filterset_class = ArticleFilter
    ordering_fields = {
        "id": "public_id",
        "title": "title",
        "published_at": "published_at",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    expansions = {"current_version": Expansion(lambda: VersionViewSet, key="current_version")}

    @classmethod
    def records(cls, rows: Iterable[Article]) -> list[Record]:
        """Write articles down."""
        return [row.record() for row in rows]

    def read_one(self) -> Record:
        """Give the record of this address. Raises Http404."""
        check_parameters(self.request, OF_ONE)
        articles = Article.objects.for_reading()
        return get_object_or_404(articles, public_id=self.kwargs["public_id"]).record()

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of an article."""
        own = record["id"]
        return {
            "self": f"{base}articles/{own}/",
            "web": f"{site_of(base)}articles/{own}/",
            "versions": f"{base}versions/?article={own}",
            "annotations": f"{base}annotations/?article={own}",
            "copies": f"{base}articles/{own}/copies/",
        }

    @extend_schema(
        summary="Bring an article in",
        request=NEW_ARTICLE,
        responses={201: ArticleSerializer},
    )
    @once_after(_look_first)
    def create(self, request: Request, *, prepared: Any) -> Response:
        """Store a new article: with its text, fetched from its address, or out of a file."""
        article = prepared.bring_in(by=request.user)
        return self.written(self._record(article), status=201)

    @extend_schema(
        summary="Correct what is known of an article",
        request=ArticleMetadataSerializer(partial=True),
        responses=ArticleSerializer,
    )
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change metadata; a corrected text is a new version."""
        with transaction.atomic():
            article = self.get_object()
            self.require_keeper(article)
            Article.objects.select_for_update().only("pk").get(pk=article.pk)
            self.require_seen(self._record(article))
            serializer = ArticleMetadataSerializer(data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            update_metadata(article, serializer.validated_data)
        return self.written(self._record(article))

    @extend_schema(
        summary="Fetch an article again, and store its text where that was corrected",
        request=None,
        responses=FetchedSerializer,
    )
    @action(detail=True, methods=["post"])
    @once_after(_look_again)
    def fetch(self, request: Request, *, prepared: FetchedPage | None, **_: Any) -> Response:
        """Look whether the page of an article changed; a changed text is its next version."""
        article = self.get_object()
        version = save_version(article, prepared) if prepared else None
        current = VersionViewSet.readable(request.user).get(current_of=article.pk)
        record = dict(writer(VersionListSerializer).to_representation(current))
        told = VersionViewSet.told(record, request)
        return Response({"is_new": version is not None, "version": told})

    def _record(self, article: Article) -> Record:
        return self.records(self.get_queryset().filter(pk=article.pk))[0]


@extend_schema_view(
    list=extend_schema(summary="List versions", responses=VersionListSerializer(many=True)),
    retrieve=extend_schema(summary="Read a version: text, blocks and links"),
)
class VersionViewSet(IngestViewSet):
    """Versions: the immutable texts of articles."""

    queryset = ArticleVersion.objects.for_reading()
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    ordering_fields = {"id": "public_id", "created_at": "created_at", "length": "length"}
    expansions = {"article": Expansion(lambda: ArticleViewSet, key="article")}

    on_request = ("text", "blocks", "links")

    @classmethod
    def readable(cls, user: Any) -> QuerySet[ArticleVersion]:
        """Give all versions, whole."""
        return ArticleVersion.objects.for_reading()

    def get_queryset(self) -> QuerySet[ArticleVersion]:
        """Leave the texts where only a list is asked for."""
        if self.action == "list" and not self.fields_on_request:
            return ArticleVersion.objects.select_related("article").defer("text", "blocks")
        return super().get_queryset()

    @classmethod
    def records(cls, rows: Iterable[ArticleVersion]) -> list[Record]:
        """Write versions down; those that were read without their text, without it."""
        whole, brief = writer(VersionSerializer), writer(VersionListSerializer)
        return [
            dict((brief if row.get_deferred_fields() else whole).to_representation(row))
            for row in rows
        ]

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a version."""
        own = record["id"]
        return {
            "self": f"{base}versions/{own}/",
            "article": f"{base}articles/{id_of(record['article'])}/",
            "annotations": f"{base}annotations/?version={own}",
        }

    def get_serializer_class(self) -> Any:
        """Choose between the list's form and the whole."""
        return VersionListSerializer if self.action == "list" else VersionSerializer

    @extend_schema(
        summary="Add a version to an article",
        request=VersionWriteSerializer,
        responses={201: VersionSerializer},
    )
    @once
    def create(self, request: Request) -> Response:
        """Store a corrected text as the article's next version; it becomes the current one."""
        serializer = VersionWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        article = serializer.validated_data["article"]
        self.require_keeper(article)
        version = add_version(article, serializer.validated_data["text"])
        return self.written(self.records([version])[0], status=201)
