"""Who can edit an object: the person who added it, and editors (staff)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class EditableByOwner:
    """Mixin for models with a foreign key to the user who added the object."""

    owner_field = "created_by"

    def can_edit(self, user: Any) -> bool:
        owner_id = getattr(self, f"{self.owner_field}_id")
        return bool(user.is_staff or (user.pk and user.pk == owner_id))


def require_editor(user: Any, obj: Any) -> None:
    """Raise PermissionDenied unless the user can edit the object."""
    if not obj.can_edit(user):
        raise PermissionDenied(
            _("Only the person who added this %(object)s or an editor can change it.")
            % {"object": obj._meta.verbose_name}
        )
