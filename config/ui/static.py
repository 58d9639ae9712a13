from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ChosenStaticFilesConfig(StaticFilesConfig):
    # The unused htmx extensions import files that do not exist, which hashing refuses.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hash names, also in the import statements of JavaScript modules."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """Return the hashed name, or the plain one before `collectstatic` has run."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
