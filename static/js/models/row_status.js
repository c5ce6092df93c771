import { nameList } from "helpers/names.js"
import { protocol } from "helpers/protocol.js"
import { part } from "models/row_parts.js"

/** What the rows of the user's own messages show of their way: being sent, not sent, sent, read. */
export class RowStatus {
  #parts

  constructor(parts) {
    this.#parts = parts
  }

  /** Show the state of a pending message: "sending", "waiting", "failed"; null once it is stored. */
  showSending(row, state, error) {
    row.classList.toggle("message--pending", state === "sending" || state === "waiting")
    row.classList.toggle("message--failed", state === "failed")
    const failed = this.#parts.keep(row, "failed", state === "failed")
    if (failed) part(failed, "error").textContent = error ? `Not sent. ${error}` : "Not sent."
    const waits = error || "Waiting for a connection"
    if (state) show(row, "clock", state === "waiting" ? waits : "Sending")
  }

  /** Show how many have read the message, and the names of some. */
  showReaders(row, count, names) {
    row.classList.toggle("message--read", count > 0)
    part(row, "readers").textContent = count
    const text = count ? `Read by ${nameList(names, protocol.readers_named, count)}` : "Sent"
    show(row, count ? "checks" : "check", text)
  }
}

function show(row, icon, text) {
  const status = part(row, "status")
  if (status.title === text) return
  status.title = text
  part(status, "status-icon").setAttribute("href", `#icon-${icon}`)
  part(status, "status-text").textContent = text
}
