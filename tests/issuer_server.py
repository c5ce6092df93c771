"""A local issuer of OpenID Connect: discovery, authorization with PKCE, tokens signed by RS256."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KID = "key-1"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """One issuer; whoever comes is `person`, as if they had given their password there."""

    def __init__(self, client_id: str = "chat", client_secret: str = "a secret"):
        self.client = (client_id, client_secret)
        self.person: dict[str, Any] = {}
        self.key = _KEY
        self.algorithm, self.kid = "RS256", KID
        self.changes: dict[str, Any] = {}  # of claims of id tokens
        self.userinfo: dict[str, Any] = {}  # changes of that answer
        self.discovery: dict[str, Any] = {}
        self.asked: list[str] = []  # paths
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, dict[str, Any]] = {}
        self.answer: dict[str, Any] = {}  # changes of what comes with a token
        self.elsewhere: dict[str, str] = {}  # paths that lead to others
        self.slow = ""  # the path that is answered byte by byte
        self.url = ""

    def document(self) -> dict[str, Any]:
        paths = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "jwks",
        }
        return {
            "issuer": self.url,
            **{name: f"{self.url}/{path}" for name, path in paths.items()},
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            **self.discovery,
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
        return {"keys": [{**public, "kid": KID, "use": "sig", "alg": "RS256"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where a browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == self.client[0]
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Tokens for a code, which works once."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return 401, {"error": "invalid_client"}
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(8)
        self.access[access] = dict(self.person)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        return 200, {**answer, "id_token": self.id_token(asked), **self.answer}

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.person["sub"],
            "aud": self.client[0],
            "iat": now,
            "exp": now + 300,
            "auth_time": now if asked.get("max_age") == "0" else now - 3600,
            "nonce": asked["nonce"],
            **self.changes,
        }
        key: Any = self.key
        return jwt.encode(claims, key, self.algorithm, headers={"kid": self.kid})


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.issuer.asked.append(url.path)
        if url.path in self.issuer.elsewhere:
            self._lead(self.issuer.elsewhere[url.path])
        elif url.path == "/.well-known/openid-configuration":
            self._answer(200, self.issuer.document())
        elif url.path in ("/jwks", "/keys"):
            self._answer(200, self.issuer.jwks())
        elif url.path == "/authorize":
            self._lead(self.issuer.authorize(dict(parse_qsl(url.query))))
        elif url.path == "/userinfo":
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            known = self.issuer.access.get(token)
            body = {**(known or {}), **self.issuer.userinfo}
            self._answer(200 if known else 401, body if known else {})
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        self.issuer.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(*(self.issuer.token(form) if self.path == "/token" else (404, {})))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if urlsplit(self.path).path != self.issuer.slow:
            self.wfile.write(data)
            return
        with suppress(ConnectionError):  # nobody waits any more
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(0.3)

    def _lead(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """An issuer that answers at its `url`."""
    issuer = Issuer()
    handler = type("Handler", (_Handler,), {"issuer": issuer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def as_setting(issuer: Issuer, issuer_id: str = "example") -> dict[str, str]:
    """The issuer as `OIDC_ISSUERS` names it."""
    client_id, client_secret = issuer.client
    return {
        "id": issuer_id,
        "name": issuer_id.title(),
        "issuer": issuer.url,
        "client_id": client_id,
        "client_secret": client_secret,
    }
