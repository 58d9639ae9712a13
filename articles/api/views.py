from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.permissions import require_editor
from articles.api.create import ARTICLE_CREATE, load_article
from articles.api.diff import DiffSerializer, build_diff, find_base_version
from articles.api.filters import ArticleFilter, VersionFilter
from articles.api.serializers import (
    ArticleMetadataSerializer,
    ArticleSerializer,
    CreatedArticleSerializer,
    FetchResultSerializer,
    VersionListSerializer,
    VersionSerializer,
    VersionWriteSerializer,
)
from articles.duplicates.api import DuplicatesSerializer
from articles.duplicates.services import get_duplicates
from articles.fetch import FetchedPage, refetch, save_version
from articles.models import Article, ArticleVersion
from articles.services import add_version, update_metadata
from config.api.expansions import Expansion
from config.api.filters import DETAIL_PARAMETERS, check_parameters
from config.api.idempotency import idempotent
from config.api.resources import ResourceViewSet, get_cached_serializer
from config.types import Record


def _fetch_page(view: Any, request: Request, **_: Any) -> FetchedPage | None:
    """Raises FetchFailed."""
    article = view.get_object()
    require_editor(request.user, article)
    return refetch(article)


@extend_schema_view(
    list=extend_schema(summary="List articles"), retrieve=extend_schema(summary="Get an article")
)
class ArticleViewSet(ResourceViewSet):
    queryset = Article.objects.for_reading()
    actions_without_body = frozenset({"destroy", "fetch"})
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
    link_templates = {
        "self": "{api}articles/{id}/",
        "web": "{site}articles/{id}/",
        "versions": "{api}versions/?article={id}",
        "annotations": "{api}annotations/?article={id}",
        "duplicates": "{api}articles/{id}/duplicates/",
    }

    @classmethod
    def serialize_rows(cls, rows: Iterable[Article]) -> list[Record]:
        return [row.record() for row in rows]

    def fetch_record(self, key: Any) -> Record | None:
        check_parameters(self.request, DETAIL_PARAMETERS)
        return Article.objects.fetch_record(key)

    @extend_schema(
        summary="Create an article",
        description="Send the text, `fetch` with a URL, or a `file`.",
        request=ARTICLE_CREATE,
        responses={201: CreatedArticleSerializer},
    )
    @idempotent(prepare=lambda view, request: load_article(request.data))
    def create(self, request: Request, *, prepared: Any) -> Response:
        article = prepared.import_article(by=request.user)
        response = self.build_response(self.serialize(article), status=201)
        response.data["notes"] = list(prepared.notes)
        return response

    @extend_schema(
        summary="Update the metadata of an article",
        description="To correct the text, create a version.",
        request=ArticleMetadataSerializer(partial=True),
        responses=ArticleSerializer,
    )
    def partial_update(self, request: Request, **_: Any) -> Response:
        with transaction.atomic():
            article = self.lock_object()
            require_editor(request.user, article)
            self.require_if_match(self.serialize(article))
            serializer = ArticleMetadataSerializer(data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            update_metadata(article, serializer.validated_data)
        return self.build_response(self.serialize(article))

    @extend_schema(
        summary="Fetch the page of an article again",
        description="If the text has changed, it becomes the next version.",
        request=None,
        responses=FetchResultSerializer,
    )
    @action(detail=True, methods=["post"])
    @idempotent(prepare=_fetch_page)
    def fetch(self, request: Request, *, prepared: FetchedPage | None, **_: Any) -> Response:
        article = self.get_object()
        version = save_version(article, prepared) if prepared else None
        current = VersionViewSet.get_rows(request.user).get(current_of=article.pk)
        serializer = get_cached_serializer(VersionListSerializer)
        record = VersionViewSet.add_links(dict(serializer.to_representation(current)), request)
        return Response({"changed": version is not None, "version": record})

    @extend_schema(summary="Find duplicates of an article", responses=DuplicatesSerializer)
    @action(detail=True)
    def duplicates(self, request: Request, **_: Any) -> Response:
        found = get_duplicates(self.get_object())
        return Response(DuplicatesSerializer({"results": found}).data)


@extend_schema_view(
    list=extend_schema(summary="List versions"),
    retrieve=extend_schema(summary="Get a version: text, blocks and hyperlinks"),
)
class VersionViewSet(ResourceViewSet):
    queryset = ArticleVersion.objects.for_reading()
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    parameters = {**ResourceViewSet.parameters, "diff": frozenset({"from", "format"})}
    ordering_fields = {"id": "public_id", "created_at": "created_at", "length": "length"}
    expansions = {"article": Expansion(lambda: ArticleViewSet, key="article")}
    deferred_fields = ("text", "blocks", "hyperlinks")
    link_templates = {
        "self": "{api}versions/{id}/",
        "article": "{api}articles/{article}/",
        "annotations": "{api}annotations/?version={id}",
    }

    def get_queryset(self) -> QuerySet[ArticleVersion]:
        if self.action == "list" and not self.requested_deferred_fields:
            return ArticleVersion.objects.select_related("article").defer("text", "blocks")
        return super().get_queryset()

    @classmethod
    def serialize_rows(cls, rows: Iterable[ArticleVersion]) -> list[Record]:
        """Serialize rows; those with a deferred text without it."""
        whole = get_cached_serializer(VersionSerializer)
        brief = get_cached_serializer(VersionListSerializer)
        return [
            dict((brief if row.get_deferred_fields() else whole).to_representation(row))
            for row in rows
        ]

    @extend_schema(
        summary="Add a version to an article",
        description="The corrected text becomes the current version.",
        request=VersionWriteSerializer,
        responses={201: VersionSerializer},
    )
    @idempotent()
    def create(self, request: Request) -> Response:
        serializer = VersionWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        article = serializer.validated_data["article"]
        require_editor(request.user, article)
        version = add_version(article, serializer.validated_data["text"])
        return self.build_response(self.serialize(version), status=201)

    @extend_schema(
        summary="Compare a version with an earlier one, word by word",
        responses=DiffSerializer,
        parameters=[
            OpenApiParameter(
                "from", OpenApiTypes.UUID, description="The id of the other version; the previous."
            )
        ],
    )
    @action(detail=True)
    def diff(self, request: Request, **_: Any) -> Response:
        version = self.get_object()
        base = find_base_version(version, request.query_params.get("from"))
        return Response(build_diff(base, version))
