from enum import StrEnum
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel

AnyUser = AbstractBaseUser | AnonymousUser


class TagSetQuerySet(models.QuerySet["TagSet"]):
    def visible_to(self, user: AnyUser) -> Self:
        """Filter to tag sets of projects that the user can see, and those of no project."""
        projects = Project.objects.order_by()
        visible = models.Q(pk__in=projects.visible_to(user).values("tag_set"))
        return self.filter(visible | ~models.Q(pk__in=projects.values("tag_set")))


class TagSet(PublicModel):
    """A named list of the types that an entity tag can have."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)

    objects = TagSetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("tag set")
        verbose_name_plural = _("tag sets")

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A type of entity tag, such as PERSON."""

    tag_set = models.ForeignKey(
        TagSet, models.CASCADE, related_name="tags", verbose_name=_("tag set")
    )
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    shortcut = models.CharField(
        _("shortcut"), max_length=1, blank=True, help_text=_("Key that tags the selected text.")
    )
    parent = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="subtypes",
        verbose_name=_("parent"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["tag_set", "position", "code"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(fields=["tag_set", "code"], name="tag_code_unique"),
            models.UniqueConstraint(
                fields=["tag_set", "shortcut"],
                condition=~models.Q(shortcut=""),
                name="tag_shortcut_unique",
            ),
            models.CheckConstraint(condition=~models.Q(code=""), name="tag_code_not_empty"),
        ]

    def __str__(self) -> str:
        return self.code


class Role(models.TextChoices):
    """A member's role in a project; each includes the permissions of the ones before it."""

    READER = "reader", _("Reader")
    ANNOTATOR = "annotator", _("Annotator")
    ADJUDICATOR = "adjudicator", _("Adjudicator")
    MANAGER = "manager", _("Manager")


WRITERS = (Role.ANNOTATOR, Role.ADJUDICATOR, Role.MANAGER)
SEE_ALL = (Role.ADJUDICATOR, Role.MANAGER)


class ViewerRole(StrEnum):
    """A user's role on the whole site, whatever their roles in projects."""

    ANONYMOUS = "anonymous"
    USER = "user"
    SUPERUSER = "superuser"


def get_viewer_role(user: AnyUser) -> ViewerRole:
    if getattr(user, "is_superuser", False):
        return ViewerRole.SUPERUSER
    return ViewerRole.USER if user.is_authenticated else ViewerRole.ANONYMOUS


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: AnyUser) -> Self:
        """Filter to public projects and those that the user is a member of."""
        if getattr(user, "is_superuser", False):
            return self
        visible = models.Q(is_public=True)
        if user.is_authenticated:
            visible |= models.Q(pk__in=Membership.objects.filter(user_id=user.pk).values("project"))
        return self.filter(visible)

    def writable_by(self, user: AnyUser) -> Self:
        """Filter to projects in which the user can annotate."""
        if getattr(user, "is_superuser", False):
            return self
        own = Membership.objects.filter(user_id=user.pk or 0, role__in=WRITERS)
        return self.filter(pk__in=own.values("project"))

    def with_hidden_work(self, user: AnyUser) -> Self:
        """Filter to projects in which the user cannot see the work of others."""
        if getattr(user, "is_superuser", False):
            return self.none()
        own = Membership.objects.filter(user_id=user.pk or 0)
        visible = models.Q(is_public=True) | models.Q(pk__in=own.values("project"))
        return self.exclude(
            (visible & models.Q(is_blind=False))
            | models.Q(pk__in=own.filter(role__in=SEE_ALL).values("project"))
        )


class Project(PublicModel):
    """A research project: its articles, tag set, members and rules."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    guidelines = models.TextField(
        _("guidelines"), blank=True, help_text=_("Instructions for annotators.")
    )
    tag_set = models.ForeignKey(
        TagSet, models.PROTECT, related_name="projects", verbose_name=_("tag set")
    )
    is_public = models.BooleanField(
        _("public"), default=False, help_text=_("Anyone can view the project.")
    )
    is_blind = models.BooleanField(
        _("blind"),
        default=False,
        help_text=_("Annotators see only their own work. Readers and visitors see none."),
    )
    auto_add_articles = models.BooleanField(
        _("add articles automatically"),
        default=True,
        help_text=_(
            "Annotating an article adds it. If off, only listed articles can be annotated."
        ),
    )
    articles = models.ManyToManyField(
        Article, blank=True, related_name="projects", verbose_name=_("articles")
    )
    # Apart from the listed ones: in a blind project they tell what others have annotated.
    annotated_articles = models.ManyToManyField(
        Article,
        blank=True,
        editable=False,
        related_name="annotated_in",
        verbose_name=_("articles added by annotating them"),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="Membership",
        related_name="projects",
        verbose_name=_("members"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    def __str__(self) -> str:
        return self.name

    def get_role(self, user: Any) -> Role | None:
        """Return the user's role in the project. A superuser is a manager of every project."""
        if not user.is_authenticated:
            return None
        if user.is_superuser:
            return Role.MANAGER
        role = self.memberships.filter(user_id=user.pk).values_list("role", flat=True).first()
        return Role(role) if role else None


def visible_work_q(user: AnyUser, owner: str) -> models.Q:
    """Return the Q for work in projects that the user can see.

    In a blind project, annotators see only their own work; `owner` names the field that holds
    whose work it is.
    """
    return visible_work_q_for_role(get_viewer_role(user), user.pk, owner)


def visible_work_q_for_role(role: ViewerRole, user_id: Any, owner: str) -> models.Q:
    """Return `visible_work_q` for any user with this role, so that a query can be prepared."""
    if role == ViewerRole.SUPERUSER:
        return models.Q()
    visible = models.Q(project__is_public=True, project__is_blind=False)
    if role == ViewerRole.ANONYMOUS:
        return visible
    own = Membership.objects.filter(user_id=user_id)
    return (
        visible
        | models.Q(project__is_blind=False, project__in=own.values("project"))
        | models.Q(project__in=own.filter(role__in=SEE_ALL).values("project"))
        | models.Q(**{owner: user_id})
    )


class Membership(models.Model):
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="memberships", verbose_name=_("project")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(
        _("role"),
        max_length=20,
        choices=Role,
        default=Role.ANNOTATOR,
        help_text=_(
            "Readers can view the project. Annotators can also annotate and edit their own "
            "annotations. Adjudicators can also see everyone’s work in a blind project. "
            "Managers can also edit all annotations and the project."
        ),
    )

    class Meta:
        ordering = ["project", "user"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_unique"),
            choices_constraint("role", Role),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"
