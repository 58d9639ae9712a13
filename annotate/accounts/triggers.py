from config.db.triggers import forbid_update

TRIGGERS = [
    forbid_update(
        "user_keeps_username",
        "auth_user",
        "username",
        "A user name cannot be changed: annotations show it.",
    )
]
