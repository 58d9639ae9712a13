from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from annotate.accounts import sign_in, tokens

urlpatterns: list[URLPattern] = [
    path("tokens/", tokens.token_list, name="tokens"),
    path("tokens/<uuid:public_id>/revoke/", tokens.revoke_token, name="token-revoke"),
    path("sign-in/", sign_in.SignInView.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
