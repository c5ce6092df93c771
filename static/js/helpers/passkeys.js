// Challenges and answers of passkeys (WebAuthn) between JSON and what browsers take and give.

const bytes = (text) => {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/")
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

const descriptors = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }))

/** The options of `navigator.credentials.create` and `get`. */
export function optionsOf({ publicKey }) {
  const { challenge, user, allowCredentials, excludeCredentials } = publicKey
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(challenge),
      ...(user && { user: { ...user, id: bytes(user.id) } }),
      ...(allowCredentials && { allowCredentials: descriptors(allowCredentials) }),
      ...(excludeCredentials && { excludeCredentials: descriptors(excludeCredentials) }),
    },
  }
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]

/** What a browser gave, as JSON text. */
export function answerOf({ id, rawId, type, response }) {
  const parts = PARTS.filter((name) => response[name])
  return JSON.stringify({
    id,
    rawId: text(rawId),
    type,
    response: Object.fromEntries(parts.map((name) => [name, text(response[name])])),
    clientExtensionResults: {},
  })
}
