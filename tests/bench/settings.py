"""Pressmark as it is served, with two views more to compare with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
