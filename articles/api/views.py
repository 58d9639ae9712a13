"""Endpoints for articles and versions."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.filters import ArticleFilter, VersionFilter
from articles.api.ingest import NEW_ARTICLE, new_article, problem_of
from articles.api.serializers import (
    ArticleMetadataSerializer,
    ArticleSerializer,
    VersionListSerializer,
    VersionSerializer,
    VersionWriteSerializer,
)
from articles.api.streams import StreamedListMixin
from articles.ingest.store import IngestError, add_version, change_metadata
from articles.models import Article, ArticleVersion


class IngestViewSet(StreamedListMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """An endpoint through which articles come in."""

    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what ingest refused as fields that cannot be accepted."""
        if isinstance(exc, IngestError):
            exc = problem_of(exc)
        return super().handle_exception(exc)

    def require_keeper(self, article: Article) -> None:
        """Refuse those who neither brought the article in nor keep the house."""
        user = self.request.user
        if not (user.is_staff or article.created_by_id == user.pk):
            raise PermissionDenied("Only who brought an article in, or an editor, may change it.")


@extend_schema_view(
    list=extend_schema(summary="List articles"),
    retrieve=extend_schema(summary="Read an article"),
)
class ArticleViewSet(IngestViewSet):
    """Articles: what is annotated."""

    queryset = Article.objects.for_reading()
    serializer_class = ArticleSerializer
    filterset_class = ArticleFilter

    @extend_schema(
        summary="Bring an article in",
        request=NEW_ARTICLE,
        responses={201: ArticleSerializer},
    )
    def create(self, request: Request) -> Response:
        """Store a new article: with its text, fetched from its address, or out of a file."""
        serializer = new_article(request.data)
        serializer.is_valid(raise_exception=True)
        article = serializer.bring_in(by=request.user)
        return Response(self._written(article), status=201)

    @extend_schema(
        summary="Correct what is known of an article",
        request=ArticleMetadataSerializer(partial=True),
        responses=ArticleSerializer,
    )
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change metadata; a corrected text is a new version."""
        article = self.get_object()
        self.require_keeper(article)
        serializer = ArticleMetadataSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        change_metadata(article, serializer.validated_data)
        return Response(self._written(article))

    def _written(self, article: Article) -> Any:
        return ArticleSerializer(self.get_queryset().get(pk=article.pk)).data


@extend_schema_view(
    list=extend_schema(summary="List versions", responses=VersionListSerializer(many=True)),
    retrieve=extend_schema(summary="Read a version: text, blocks and links"),
)
class VersionViewSet(IngestViewSet):
    """Versions: the immutable texts of articles."""

    queryset = ArticleVersion.objects.all()
    filterset_class = VersionFilter

    def get_queryset(self) -> QuerySet[ArticleVersion]:
        """Leave the texts where only a list is asked for."""
        if self.action == "list":
            return ArticleVersion.objects.select_related("article").defer("text", "blocks")
        return ArticleVersion.objects.for_reading()

    def get_serializer_class(self) -> Any:
        """Choose between the list's form and the whole."""
        return VersionListSerializer if self.action == "list" else VersionSerializer

    @extend_schema(
        summary="Add a version to an article",
        request=VersionWriteSerializer,
        responses={201: VersionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Store a corrected text as the article's next version; it becomes the current one."""
        serializer = VersionWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        article = serializer.validated_data["article"]
        self.require_keeper(article)
        version = add_version(article, serializer.validated_data["text"])
        return Response(VersionSerializer(version).data, status=201)
