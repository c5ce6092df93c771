import { inNextFrame } from "helpers/frames.js"
import { people } from "models/people.js"
import { rightsOf } from "models/rights.js"

/**
 * The state of a chat without its messages: name, owner, members, who is online, the user's own
 * rights, and how far everybody has read. Each change has a `rev`; one that isn't newer than the state
 * is ignored. Events: `changed` (name, owner or members), `rights`, `left` (detail: {sender_id}: offline, or no
 * member any more), `read` (detail: {userId, seq}); `presence` and `receipts`, once a frame, as many may come at once.
 */
export class ChatState extends EventTarget {
  #userId
  #isGroup
  #flags

  constructor({ userId, isGroup, rev, ownerId, memberIds, flags, markers }) {
    super()
    this.#userId = userId
    this.#isGroup = isGroup
    this.#flags = flags
    this.rev = rev // of the last change that is included
    this.name = null // null while it is the one that the page was made with
    this.ownerId = ownerId
    this.members = new Set(memberIds)
    this.markers = new Map(markers)
    this.online = new Set()
    this.tellReceipts = inNextFrame(() => this.#tell("receipts", { markers: this.receipts }))
    this.tellPresence = inNextFrame(() => this.#tell("presence", this.presence))
  }

  get rights() {
    const isOwner = this.#isGroup && this.ownerId === this.#userId
    return rightsOf({ isGroup: this.#isGroup, isOwner, flags: this.#flags, members: this.members.size })
  }

  /** The read markers of those who are members. */
  get receipts() {
    return [...this.markers].filter(([id]) => this.members.has(id))
  }

  /** Who of the members is online, and how many members there are. */
  get presence() {
    return { online: [...this.online], members: this.members.size }
  }

  /** The `seq` up to which the user has read. */
  get ownMarker() {
    return this.markers.get(this.#userId) ?? 0
  }

  read(userId, seq) {
    if (seq <= (this.markers.get(userId) ?? 0)) return
    this.markers.set(userId, seq)
    this.tellReceipts()
    this.#tell("read", { userId, seq })
  }

  /** Their own message is read by its sender, if they had nothing unread before it. */
  sent(userId, seq) {
    if ((this.markers.get(userId) ?? 0) === seq - 1) this.read(userId, seq)
  }

  /** Replace who is online. */
  setOnline(userIds) {
    this.online = new Set(userIds)
    this.tellPresence()
  }

  cameOnline({ user_id, username }) {
    if (people.name(user_id, "") === "") people.learn(user_id, username)
    this.online.add(user_id)
    this.tellPresence()
  }

  wentOffline({ user_id }) {
    this.online.delete(user_id)
    this.tellPresence()
    this.#tell("left", { sender_id: user_id })
  }

  /**
   * Take the whole state, from an event or the API; `flags` are the user's own permissions.
   * Returns false if it is older than the current one.
   */
  replace({ rev, name, owner_id, member_ids }, markers, flags) {
    for (const [id, seq] of Object.entries(markers)) this.read(Number(id), seq)
    if (rev < this.rev) return false
    const isNew = rev !== this.rev
    this.rev = rev
    this.#flags = flags
    this.#set({ name, owner_id, member_ids })
    if (isNew) this.#changed()
    this.#tell("rights")
    return true
  }

  /**
   * Take another name, owner or members. Returns false if the owner changed: the event doesn't say
   * what the former owner may do now.
   */
  update(data) {
    if (!this.#isNews(data)) return true
    const isSameOwner = data.owner_id === this.ownerId
    this.#set(data)
    this.#changed()
    this.#tell("rights")
    return isSameOwner
  }

  memberAdded({ user_id, name, rev }) {
    people.learn(user_id, name)
    if (!this.#isNews({ rev })) return
    this.members.add(user_id)
    this.#changed()
  }

  memberRemoved({ user_id, rev }) {
    this.#tell("left", { sender_id: user_id })
    if (!this.#isNews({ rev })) return
    this.members.delete(user_id)
    this.markers.delete(user_id) // who comes back begins anew
    this.#changed()
  }

  permissionsChanged({ user_id, rev, ...flags }) {
    if (!this.#isNews({ rev })) return
    if (user_id === this.#userId) this.#flags = flags
    this.#changed()
    this.#tell("rights")
  }

  #set({ name, owner_id, member_ids }) {
    this.name = name
    this.ownerId = owner_id
    this.members = new Set(member_ids)
  }

  #isNews({ rev }) {
    if (rev <= this.rev) return false
    this.rev = rev
    return true
  }

  #changed() {
    this.tellPresence()
    this.#tell("changed")
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
