"""The accounts of the demo newsroom, each named by its role. Their passwords are no secret."""

DEMO_PROJECT = "demo"

DEMO_ACCOUNTS = {
    "editor": "Editor: manages the project and the admin",
    "annotator-1": "Annotator",
    "annotator-2": "Annotator",
    "annotator-3": "Annotator",
}


def demo_password(username: str) -> str:
    """Give the password of a demo account, as the sign-in page shows it."""
    return f"{username}-demo"
