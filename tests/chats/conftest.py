"""The providers behind @ai and @photo."""

from collections.abc import Iterator

import pytest

from tests import provider_server
from tests.provider_server import KEY, ProviderServer


@pytest.fixture
def provider(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderServer]:
    """A local server for both providers, with the settings pointed at it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with provider_server.running() as server:
        settings.AI_BASE_URL = settings.UNSPLASH_BASE_URL = server.url
        settings.AI_API_KEY = settings.UNSPLASH_ACCESS_KEY = KEY
        yield server
