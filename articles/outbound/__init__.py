"""Asking other servers, on the public internet alone (against server-side request forgery).

`get` and `post` are all that the rest of Pressmark needs. What may be asked is said in
`policy`; `connect` looks a name up once and connects to the very addresses that it checked.
"""

from articles.outbound.client import Answer, get, post
from articles.outbound.policy import Allowance, Failed, NotAnswered, Reason, Refused, checked

__all__ = [
    "Allowance",
    "Answer",
    "Failed",
    "NotAnswered",
    "Reason",
    "Refused",
    "checked",
    "get",
    "post",
]
