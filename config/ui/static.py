"""Which static files there are, and how they are named when they are served for real."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ChosenStaticFilesConfig(StaticFilesConfig):
    """Static files without the extensions of htmx, which we do not use and cannot be hashed."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, also inside the JavaScript modules' own import statements."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """Give the hashed name; the plain one where `collectstatic` has not run yet."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
