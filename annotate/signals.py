"""Signals that other parts of Pressmark listen to."""

from django.dispatch import Signal

# Sent after an active annotation was written, in the same transaction; `annotation` is it.
annotation_written = Signal()
