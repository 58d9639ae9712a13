from typing import Any

from django.db import models

from config.search.terms import fold_text


class FoldedField(models.TextField):
    """Another text field without case, accents and width; kept up to date on every save.

    Databases differ in how they compare letters: SQLite folds the case of ASCII only.
    """

    def __init__(self, source: str = "", **options: Any) -> None:
        self.source = source
        options.setdefault("editable", False)
        options.setdefault("default", "")
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {"source": self.source} | options

    def pre_save(self, model_instance: Any, add: bool) -> str:
        folded = fold_text(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, folded)
        return folded
