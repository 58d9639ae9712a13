"""Public identifiers: what an object is called outside the database."""

import uuid

import uuid_utils.compat
from django.db import models


def uuid7() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): unique, and sortable by the time it was made."""
    return uuid_utils.compat.uuid7()


class PublicModel(models.Model):
    """A row with a public id; its integer key stays inside."""

    public_id = models.UUIDField("public id", default=uuid7, unique=True, editable=False)

    class Meta:
        abstract = True
