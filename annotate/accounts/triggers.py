from config.db.triggers import Trigger

TRIGGERS = [
    Trigger(
        "user_keeps_username",
        "auth_user",
        'UPDATE OF "username"',
        "A user name cannot be changed: annotations show it.",
        allowed="NEW.username = OLD.username",
    )
]
