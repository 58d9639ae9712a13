from django.utils.translation import gettext_lazy as _

DEMO_PROJECT = "demo"

# Usernames and the roles that the sign-in page shows.
DEMO_ACCOUNTS = {
    "editor": _("Editor: manages the project and the admin site"),
    "annotator-1": _("Annotator"),
    "annotator-2": _("Annotator"),
    "annotator-3": _("Annotator"),
}


def get_demo_password(username: str) -> str:
    """Return the password of a demo account, which the sign-in page shows too."""
    return f"{username}-demo"
