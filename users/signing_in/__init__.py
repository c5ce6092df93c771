"""How people get in: passwords, second factors, passkeys, issuers, sessions and tokens."""
