"""How static files are named when they are served for real."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, also inside the JavaScript modules' own import statements."""

    support_js_module_import_aggregation = True
    # A page asked for before `collectstatic` ran should say what is missing by a 404 on the
    # file, not fail as a whole.
    manifest_strict = False
