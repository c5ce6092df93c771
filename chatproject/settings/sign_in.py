"""Settings of what django-allauth is used for: second factors and OpenID Connect."""

from django.core.exceptions import ImproperlyConfigured

from chatproject.environment import env_bool, env_int, env_rate
from chatproject.issuers import apps_of, env_issuers

# Days after which a sign-in ends, however much it is used.
SIGN_IN_LIFETIME = env_int("SIGN_IN_LIFETIME", 90)
if not 1 <= SIGN_IN_LIFETIME <= 3650:
    raise ImproperlyConfigured("SIGN_IN_LIFETIME must be 1 to 3650 days.")
# Whether staff need a second factor: without one they set it up before they are signed in.
STAFF_SECOND_FACTOR = env_bool("STAFF_SECOND_FACTOR")
# Codes that are tried for one account, and by one sign-in that waits for its second factor.
LIMIT_SECOND_FACTOR = env_rate("LIMIT_SECOND_FACTOR", "10/15m")

# Of allauth only what is named here is used: none of its sign-ins, registrations and backends.
ACCOUNT_ADAPTER = "users.pages.allauth_adapters.NoSignUp"
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "users.pages.allauth_adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_TOTP_ISSUER = "Chat"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a clock may be off
MFA_RECOVERY_CODE_DIGITS = 10

# Issuers of OpenID Connect: a JSON list of objects with `id`, `name`, `issuer`, `client_id` and
# `client_secret`. The id is in addresses and with every connected account: it stays the issuer's.
OIDC_ISSUERS = env_issuers("OIDC_ISSUERS")
# Sign-ins by issuers that are begun or come back from one address.
LIMIT_ISSUERS = env_rate("LIMIT_ISSUERS", "60/5m")
# Challenges for passkeys that are asked for from one address.
LIMIT_PASSKEYS = env_rate("LIMIT_PASSKEYS", "60/5m")
SOCIALACCOUNT_ADAPTER = "users.pages.allauth_adapters.Identities"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 3  # seconds that a thread waits for an issuer, each time
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps_of(OIDC_ISSUERS)}}
