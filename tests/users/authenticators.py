"""A passkey in software: answers challenges as browsers send them (WebAuthn, level 3)."""

import json
import secrets
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

ORIGIN, HOST = "http://localhost:8000", "localhost"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64  # flags of authenticator data


class Passkey:
    """One passkey of somebody, for this site."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.handle = None

    def make(self, options, key=None, attested=ATTESTED, **changes):
        """The answer to a challenge that asks for a new one; `key` in place of its own."""
        told = options["publicKey"]
        self.handle = told["user"]["id"]
        public = cbor.encode(key or dict(ES256.from_cryptography_key(self.key.public_key())))
        credential = bytes(16) + len(self.id).to_bytes(2) + self.id + public
        data = self._data(attested, **changes) + (credential if attested else b"")
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", told["challenge"], **changes)
        return self._answer(
            clientDataJSON=websafe_encode(client), attestationObject=websafe_encode(attestation)
        )

    def use(self, options, handle=None, **changes):
        """The answer to a challenge for one that is there."""
        client = self._client("webauthn.get", options["publicKey"]["challenge"], **changes)
        data = self._data(0, **changes)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=websafe_encode(client),
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(signature),
            userHandle=handle or self.handle,
        )

    def _data(self, more, host=HOST, flags=PRESENT | VERIFIED, **_):
        return sha256(host.encode()).digest() + bytes([flags | more]) + bytes(4)

    def _client(self, kind, challenge, origin=ORIGIN, **_):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _answer(self, **response):
        of_id = websafe_encode(self.id)
        return json.dumps({"id": of_id, "rawId": of_id, "type": "public-key", "response": response})
