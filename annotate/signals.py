from django.dispatch import Signal

# Sent with `annotation` when an active annotation was written, in the same transaction.
annotation_written = Signal()
