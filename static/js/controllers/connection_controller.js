import { Controller } from "@hotwired/stimulus"

const TEXTS = {
  connecting: "Connecting…",
  connected: "Connecting…", // until missed changes are here
  ready: "Connected",
  offline: "Offline. Trying again…",
  ended: "Not connected",
}

/** Shows the state of the connection. */
export default class extends Controller {
  static values = { state: String }

  show({ detail: { state } }) {
    // A retry is still offline: don't announce every attempt.
    if (state === "connecting" && this.stateValue === "offline") return
    this.stateValue = state
    this.element.textContent = TEXTS[state]
  }
}
