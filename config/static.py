"""Which static files there are, and how they are named when they are served for real."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ChosenStaticFilesConfig(StaticFilesConfig):
    """Static files without the extensions of htmx, which we do not use and cannot be hashed."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, also inside the JavaScript modules' own import statements."""

    support_js_module_import_aggregation = True
    # A page asked for before `collectstatic` ran should say what is missing by a 404 on the
    # file, not fail as a whole.
    manifest_strict = False
