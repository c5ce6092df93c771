import { backoff } from "helpers/backoff.js"
import { protocol } from "helpers/protocol.js"
import { forget } from "helpers/written.js"

// Close codes after which there is no reconnecting, and what they mean.
const FINAL = new Map([
  [protocol.close_signed_out, "signedOut"],
  [protocol.close_removed, "removed"],
  [protocol.close_chat_deleted, "deleted"],
])

const LOOK = 5_000 // milliseconds between two checks
const ANSWER = 4_000 // milliseconds that a ping may take; with LOOK, what is shown is true within ten seconds
const HANDSHAKE = 10_000 // milliseconds that one may take
const SLEPT = 90_000 // between two checks: a hidden page may get one timer a minute

/**
 * A WebSocket that reconnects, and is replaced when it may hang: after the machine slept, on another
 * network, or when a ping has no answer: while the page is visible, when the network is said to be
 * gone, and when a request had no answer (`api:unanswered`). Events: `state` (detail: "connecting", "connected", "offline"),
 * `frame` (detail: {type, data}), `failed` (closed before it opened: perhaps refused),
 * `ended` (detail: "signedOut", "removed", "deleted"; it won't reconnect).
 */
export class LiveSocket extends EventTarget {
  #url
  #socket = null
  #timer = null
  #attempt = 0
  #closed = true
  #lookedAt
  #patience = null // the timer of what must be answered
  #watch = null // aborted when it is closed

  constructor(path) {
    super()
    this.#url = new URL(path, location.href)
    this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:"
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  open() {
    this.#closed = false
    this.#startWatch()
    clearTimeout(this.#timer)
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return
    this.#tell("state", "connecting")
    this.#connect()
  }

  close() {
    this.#closed = true
    this.#watch?.abort()
    this.#watch = null
    clearTimeout(this.#timer)
    this.#isAnswered()
    this.#socket?.close()
    this.#socket = null
  }

  /** Send a frame; false if there is no connection. */
  send(type, data) {
    if (!this.isOpen) return false
    this.#socket.send(JSON.stringify({ type, data }))
    return true
  }

  #startWatch() {
    if (this.#watch) return
    const { signal } = (this.#watch = new AbortController())
    const timer = setInterval(() => this.#look(), LOOK)
    signal.addEventListener("abort", () => clearInterval(timer))
    addEventListener("online", () => this.#renew(), { signal })
    addEventListener("offline", () => this.#ping(), { signal })
    addEventListener("api:unanswered", () => this.#ping(), { signal })
    document.addEventListener("visibilitychange", () => this.#shown(), { signal })
  }

  #look() {
    const slept = Date.now() - this.#lookedAt > SLEPT
    this.#lookedAt = Date.now()
    if (slept) this.#renew()
    else if (!document.hidden) this.#ping()
  }

  /** Ask whether anybody is there; any frame is an answer. */
  #ping() {
    if (this.#patience || !this.send("ping", {})) return
    this.#patience = setTimeout(() => this.#drop(), ANSWER)
  }

  #isAnswered() {
    clearTimeout(this.#patience)
    this.#patience = null
  }

  /** Nobody answers: give the socket up without waiting for its close, which may take minutes. */
  #drop() {
    const socket = this.#socket
    const opened = this.isOpen
    this.#socket = null
    socket?.close()
    this.#lost({}, opened)
  }

  #shown() {
    this.#look()
    if (!this.#closed && !document.hidden) this.open()
  }

  #renew() {
    if (this.#closed) return
    this.close()
    this.open()
  }

  #connect() {
    this.#lookedAt = Date.now()
    const socket = new WebSocket(this.#url)
    let opened = false
    this.#socket = socket
    this.#isAnswered()
    this.#patience = setTimeout(() => this.#drop(), HANDSHAKE)
    socket.onopen = () => {
      opened = true
      if (this.#socket === socket) this.#isAnswered()
      this.#tell("state", "connected")
    }
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return
      this.#attempt = 0
      this.#isAnswered()
      this.#tell("frame", JSON.parse(data))
    }
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lost(event, opened)
    }
  }

  #lost({ code }, opened) {
    this.#socket = null
    this.#isAnswered()
    if (this.#closed) return
    if (FINAL.has(code)) {
      this.close()
      if (code === protocol.close_signed_out) forget()
      this.#tell("ended", FINAL.get(code))
      return
    }
    this.#tell("state", "offline")
    this.#timer = setTimeout(() => this.open(), backoff(this.#attempt++))
    if (!opened) this.#tell("failed")
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
