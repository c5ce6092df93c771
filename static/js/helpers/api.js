// The REST API, as the signed-in user.

import { forget } from "helpers/written.js"

export const TIMEOUT = 15_000 // milliseconds

/**
 * An answer that isn't 2xx. `retriable`: the same request may succeed later; `retryAfter`: after this
 * number of seconds, if a rate limit gives one.
 */
export class ApiError extends Error {
  constructor(status, body) {
    super(explanation(status, body))
    this.status = status
    this.retryAfter = body?.retry_after ?? null
  }

  /** Also true after a sign-in in another tab, which makes this page's CSRF token invalid. */
  get signedOut() {
    const isTokenOld = this.status === 403 && this.message.startsWith("CSRF Failed: CSRF token")
    return this.status === 401 || isTokenOld
  }

  get retriable() {
    return this.status >= 500 || this.status === 429 || this.status === 408
  }
}

/** No answer, none in time, or an incomplete one: the request may have been carried out. */
export class Unreachable extends Error {}

/** Send a request to the API; returns the JSON. Throws ApiError or Unreachable. */
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
    dispatchEvent(new CustomEvent("api:unanswered")) // sockets may hang, too
    throw new Unreachable(error.message)
  })
  const body = await response.json().catch((error) => error)
  const isBroken = body instanceof Error
  if (response.status === 401) forget()
  if (!response.ok) throw new ApiError(response.status, isBroken ? null : body)
  if (response.status === 204) return null
  if (isBroken) throw new Unreachable(body.message)
  return body
}

/** Whether a retry makes sense: no answer, or a temporary refusal. */
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
