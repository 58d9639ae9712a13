import uuid

import uuid_utils.compat
from django.db import models
from django.utils.translation import gettext_lazy as _


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7 (RFC 9562), which sorts by creation time."""
    return uuid_utils.compat.uuid7()


class PublicModel(models.Model):
    """A model with a public UUID. The integer primary key is internal."""

    public_id = models.UUIDField(_("public id"), default=uuid7, unique=True, editable=False)

    class Meta:
        abstract = True
