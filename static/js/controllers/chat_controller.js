import { Controller } from "@hotwired/stimulus"
import { LiveChat } from "models/live_chat.js"
import { people } from "models/people.js"

/** The open chat: starts and stops it, and hands it what other controllers report. */
export default class extends Controller {
  static values = {
    id: String,
    userId: Number,
    isGroup: Boolean,
    askedAt: { type: Number, default: performance.timeOrigin }, // when the page was, by Date.now()
    lastRev: Number, // the change after which the page asks for what it may have missed
    stateRev: Number, // the change up to which name, owner, members and rights are current
    ownerId: Number,
    memberIds: Array,
    flags: Object, // one's own permissions
    markers: Array,
    unreadFrom: Number, // from which `seq` on the user has marked it as unread; 0: they haven't
    hasAllMarkers: Boolean, // of a large group only those that the first page shows
    people: Object,
    bots: Array,
  }

  initialize() {
    people.load(this.peopleValue, this.botsValue)
    this.live = new LiveChat({
      id: this.idValue,
      userId: this.userIdValue,
      isGroup: this.isGroupValue,
      lastRev: this.lastRevValue,
      askedAt: this.askedAtValue,
      rev: this.stateRevValue,
      ownerId: this.ownerIdValue,
      memberIds: this.memberIdsValue,
      flags: this.flagsValue,
      markers: this.markersValue,
      unreadFrom: this.unreadFromValue,
    })
  }

  connect() {
    this.live.state.tellPresence()
    this.live.open()
  }

  disconnect() {
    this.live.stop()
  }

  reconnect() {
    this.live.open()
  }

  pause() {
    this.live.close()
  }

  /** Earlier messages were loaded: their receipts need the markers of all members. */
  loaded() {
    if (this.hasAllMarkersValue) return
    this.hasAllMarkersValue = true
    this.live.catchUp.ask()
  }

  seen({ detail }) {
    this.live.reading.see(detail)
  }

  typing({ detail }) {
    this.live.typing(detail)
  }

  stored({ detail }) {
    this.live.message(detail)
  }

  signedOut() {
    this.live.end("signedOut")
  }
}
