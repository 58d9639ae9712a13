from typing import Any

from django.http import HttpRequest

from annotate.projects.models import Project
from config.ui.admin import VisibleAdmin


def sees_all_work(request: Any) -> bool:
    """Return whether no project hides work from the user. Asked several times by one page."""
    if not hasattr(request, "sees_all_work"):
        request.sees_all_work = not Project.objects.with_hidden_work(request.user).exists()
    return bool(request.sees_all_work)


class UsedByWorkAdmin(VisibleAdmin):
    """The admin of a model that annotations refer to.

    Whether a row can be deleted tells whether something refers to it. So only users from whom no
    project hides work can delete rows.
    """

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and sees_all_work(request)
