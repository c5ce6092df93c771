// The REST API, as the person who is signed in.

export const TIMEOUT = 15_000 // milliseconds

/**
 * An answer that isn't 2xx. `retriable`: the same request may succeed later; `retryAfter`: after so
 * many seconds, where a rate limit says so.
 */
export class ApiError extends Error {
  constructor(status, body) {
    super(explanation(status, body))
    this.status = status
    this.retryAfter = body?.retry_after ?? null
  }

  /** Also after somebody signed in in another tab: the token of this page is an old one then. */
  get signedOut() {
    const isTokenOld = this.status === 403 && this.message.startsWith("CSRF Failed: CSRF token")
    return this.status === 401 || isTokenOld
  }

  get retriable() {
    return this.status >= 500 || this.status === 429 || this.status === 408
  }
}

/** Nobody answered, or not in time, or the answer broke off: what it was asked may be done. */
export class Unreachable extends Error {}

/** Ask the API; answers the JSON. Throws ApiError or Unreachable. */
export async function api(method, url, data) {
  const response = await fetch(url, {
    method,
    headers: {
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
      ...(data && { "Content-Type": "application/json" }),
    },
    body: data && JSON.stringify(data),
    credentials: "same-origin",
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch((error) => {
    throw new Unreachable(error.message)
  })
  const body = await response.json().catch((error) => error)
  const isBroken = body instanceof Error
  if (!response.ok) throw new ApiError(response.status, isBroken ? null : body)
  if (response.status === 204) return null
  if (isBroken) throw new Unreachable(body.message)
  return body
}

/** Whether trying again later makes sense: nobody answered, or the server was unwell. */
export function isRetriable(error) {
  return error instanceof Unreachable || error.retriable === true
}

export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? ""
}

function explanation(status, body) {
  if (typeof body?.detail === "string") return body.detail
  const first = body && Object.values(body).flat()[0]
  return typeof first === "string" ? first : `The server refused this (${status}).`
}
