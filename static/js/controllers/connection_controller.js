import { Controller } from "@hotwired/stimulus"

const TEXTS = {
  connecting: "Connecting…",
  connected: "Connecting…", // until what was missed is here
  ready: "Connected",
  offline: "Offline. Trying again…",
  ended: "Not connected",
}

/** Whether messages arrive as they are written. */
export default class extends Controller {
  static targets = ["text"]
  static values = { state: String }

  show({ detail: { state } }) {
    // Trying again is still offline: don't announce every attempt.
    if (state === "connecting" && this.stateValue === "offline") return
    this.stateValue = state
    this.element.title = this.textTarget.textContent = TEXTS[state]
  }
}
