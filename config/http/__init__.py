"""Asking other servers, on the public internet alone (against server-side request forgery).

`get`, `post` and `check_url` are all that the rest of Pressmark needs. What may be asked is said in
`policy`; `connect` looks a name up once and connects to the very addresses that it checked."""

from config.http.client import Answer, check_url, get, post
from config.http.policy import Allowance, Failed, NotAnswered, Reason, Refused, checked

__all__ = [
    "Allowance",
    "Answer",
    "Failed",
    "NotAnswered",
    "Reason",
    "Refused",
    "check_url",
    "checked",
    "get",
    "post",
]
