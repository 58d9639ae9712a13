"""The addresses of Pressmark, and of the least that a view can do."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles.models import Author
from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as served

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


class EmptyView(APIView):
    """Answers nothing."""

    def get(self, request: Request) -> Response:
        return Response({})


class OneRowView(APIView):
    """Inserts one row."""

    def post(self, request: Request) -> Response:
        author = Author.objects.create(name=request.data["name"])
        return Response({"id": author.public_id}, status=201)


# After the others, as a new view would be.
urlpatterns = [
    *served,
    path("api/v1/bench/empty/", EmptyView.as_view()),
    path("api/v1/bench/one-row/", OneRowView.as_view()),
]
