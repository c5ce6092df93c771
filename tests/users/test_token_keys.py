"""Tokens are signed with a key of their own, which can be changed without signing anybody out."""

import jwt
import pytest

from chatproject.settings import token_key
from users.signing_in import authentication, token_signing, tokens

pytestmark = pytest.mark.django_db

NEW = "another key of the tokens, which is as long as it has to be"


@pytest.fixture(autouse=True)
def nothing_is_known():
    """What a new process starts with."""
    yield
    authentication._claims.cache_clear()
    token_signing._mark.cache_clear()


def change(settings, **keys):
    for name, value in keys.items():
        setattr(settings, name, value)
    nothing_known = authentication._claims, token_signing._mark
    for cache in nothing_known:
        cache.cache_clear()


def me(client, pair):
    return client.get("/api/v1/users/me", headers={"Authorization": f"Bearer {pair['access']}"})


def refresh(client, pair):
    return client.post("/api/v1/auth/refresh", {"refresh": pair["refresh"]}, "application/json")


def test_the_key_of_sessions_signs_no_token(client, ada, settings):
    assert settings.TOKEN_KEY == token_key(settings.SECRET_KEY) != settings.SECRET_KEY
    pair = tokens.sign_in(ada)
    claims = jwt.decode(pair["access"], settings.TOKEN_KEY, ["HS256"])
    forged = {"access": jwt.encode(claims, settings.SECRET_KEY, "HS256")}
    assert me(client, pair).status_code == 200
    assert me(client, forged).status_code == 401


def test_another_key_leaves_tokens_of_the_last_good_as_long_as_it_is_named(client, ada, settings):
    pair, old = tokens.sign_in(ada), settings.TOKEN_KEY
    change(settings, TOKEN_KEY=NEW, TOKEN_KEY_FALLBACKS=[])
    assert me(client, pair).status_code == refresh(client, pair).status_code == 401
    change(settings, TOKEN_KEY_FALLBACKS=["yet another key that somebody had before it", old])
    assert me(client, pair).status_code == 200
    renewed = refresh(client, pair).json()
    change(settings, TOKEN_KEY_FALLBACKS=[])
    assert me(client, renewed).status_code == 200
    assert me(client, pair).status_code == 401


def test_another_secret_key_leaves_the_tokens_good(client, ada, settings):
    pair = tokens.sign_in(ada)
    change(settings, SECRET_KEY="a secret key that signs sessions from now on, not tokens")
    assert me(client, pair).status_code == refresh(client, pair).status_code == 200


@pytest.mark.parametrize("fallbacks", [[], ["a key that was there before the one of now, or so"]])
def test_a_new_password_ends_tokens_of_every_key(client, ada, settings, fallbacks):
    settings.TOKEN_KEY_FALLBACKS = fallbacks
    pair = tokens.sign_in(ada)
    assert me(client, pair).status_code == 200
    ada.set_password("eight horses battery staple")
    ada.save()
    assert me(client, pair).status_code == refresh(client, pair).status_code == 401
