"""A piece of research: its articles, tag set, people and rules."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

from articles.models import Article
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel

AnyUser = AbstractBaseUser | AnonymousUser


class TagSet(PublicModel):
    """A named list of the tags that an entity tag may carry."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """One type that a passage can be tagged with, such as PERSON; `key` is its keyboard key."""

    tag_set = models.ForeignKey(TagSet, models.CASCADE, related_name="tags")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    key = models.CharField(max_length=1, blank=True)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="subtypes"
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["tag_set", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["tag_set", "code"], name="tag_code_is_one"),
            models.UniqueConstraint(
                fields=["tag_set", "key"], condition=~models.Q(key=""), name="tag_key_is_one"
            ),
            models.CheckConstraint(condition=~models.Q(code=""), name="tag_has_a_code"),
        ]

    def __str__(self) -> str:
        return self.code


class Role(models.TextChoices):
    """What a member may do in a project; each may do what the ones before it may."""

    READER = "reader", "Reader: sees the project"
    ANNOTATOR = "annotator", "Annotator: makes annotations and changes their own"
    ADJUDICATOR = "adjudicator", "Adjudicator: sees everyone's work, also in a blind project"
    MANAGER = "manager", "Manager: changes anyone's annotations and the project"


WRITERS = (Role.ANNOTATOR, Role.ADJUDICATOR, Role.MANAGER)
SEE_ALL = (Role.ADJUDICATOR, Role.MANAGER)


class ProjectQuerySet(models.QuerySet["Project"]):
    """Ways to ask for projects."""

    def visible_to(self, user: AnyUser) -> Self:
        """Keep the public ones and those that the user belongs to."""
        if getattr(user, "is_superuser", False):
            return self
        seen = models.Q(is_public=True)
        if user.is_authenticated:
            seen |= models.Q(pk__in=Membership.objects.filter(user_id=user.pk).values("project"))
        return self.filter(seen)

    def writable_by(self, user: AnyUser) -> Self:
        """Keep those in which the user may annotate."""
        if getattr(user, "is_superuser", False):
            return self
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            pk__in=Membership.objects.filter(user_id=user.pk, role__in=WRITERS).values("project")
        )

    def hiding_work_from(self, user: AnyUser) -> Self:
        """Keep those in which others' work is hidden from the user."""
        if getattr(user, "is_superuser", False):
            return self.none()
        mine = Membership.objects.filter(user_id=user.pk or 0)
        seen = models.Q(is_public=True) | models.Q(pk__in=mine.values("project"))
        seen &= models.Q(is_blind=False)
        return self.exclude(seen | models.Q(pk__in=mine.filter(role__in=SEE_ALL).values("project")))


class Project(PublicModel):
    """A piece of research over some articles."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    guidelines = models.TextField(blank=True, help_text="What annotators are asked to do.")
    tag_set = models.ForeignKey(TagSet, models.PROTECT, related_name="projects")
    is_public = models.BooleanField(default=False, help_text="Anyone may read it.")
    is_blind = models.BooleanField(
        default=False, help_text="Annotators see only their own work; no one else sees any."
    )
    auto_add_articles = models.BooleanField(
        default=True,
        help_text="The first annotation of an article adds it. Otherwise only listed ones count.",
    )
    articles = models.ManyToManyField(Article, blank=True, related_name="projects")
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="projects"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def role_of(self, user: Any) -> Role | None:
        """Tell the user's role here; a superuser manages every project."""
        if not user.is_authenticated:
            return None
        if user.is_superuser:
            return Role.MANAGER
        role = self.memberships.filter(user_id=user.pk).values_list("role", flat=True).first()
        return Role(role) if role else None


def visible_work(user: AnyUser, owner: str) -> models.Q:
    """Give the condition for work in a project that the user may see: blind means blind.

    It holds for strangers and for fellow annotators; `owner` is the field of whose work it is.
    """
    return work_seen_by(standing_of(user), user.pk, owner)


class Standing(models.TextChoices):
    """What somebody is to the whole house, whatever they are in a project."""

    STRANGER = "stranger"
    PERSON = "person"
    SUPERUSER = "superuser"


def standing_of(user: AnyUser) -> Standing:
    """Tell what somebody is."""
    if getattr(user, "is_superuser", False):
        return Standing.SUPERUSER
    return Standing.PERSON if user.is_authenticated else Standing.STRANGER


def work_seen_by(standing: Standing, person: Any, owner: str) -> models.Q:
    """Give the same condition for one of this standing, with the key of `person`."""
    if standing == Standing.SUPERUSER:
        return models.Q()
    seen = models.Q(project__is_public=True, project__is_blind=False)
    if standing == Standing.STRANGER:
        return seen
    mine = Membership.objects.filter(user_id=person)
    return (
        seen
        | models.Q(project__is_blind=False, project__in=mine.values("project"))
        | models.Q(project__in=mine.filter(role__in=SEE_ALL).values("project"))
        | models.Q(**{owner: person})
    )


class Membership(models.Model):
    """One person's place in one project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.ANNOTATOR)

    class Meta:
        ordering = ["project", "user"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="member_is_one"),
            choices_constraint("role", Role),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"
