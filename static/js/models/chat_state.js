import { rightsOf } from "models/rights.js"

/**
 * What is known of a chat besides its messages: name, owner, members and who of them is online, one's
 * own rights, and how far everybody has read. Each change has a `rev`; an older one than what is known
 * changes nothing. Events: `changed` (name, owner or members), `rights`, `online`,
 * `read` (detail: a user's id and a `seq`).
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
    this.rev = rev // the change up to which this is the state
    this.name = null // as it was told last; null while it is what the page was made with
    this.ownerId = ownerId
    this.members = new Set(memberIds)
    this.markers = new Map(markers)
    this.online = new Set()
  }

  get rights() {
    const isOwner = this.#isGroup && this.ownerId === this.#userId
    return rightsOf({ isGroup: this.#isGroup, isOwner, flags: this.#flags })
  }

  /** The read markers of those who are members. */
  get receipts() {
    return [...this.markers].filter(([id]) => this.members.has(id))
  }

  /** Who of the members is online, and how many members there are. */
  get presence() {
    return { online: [...this.online], members: this.members.size }
  }

  /** How far one has read oneself. */
  get ownMarker() {
    return this.markers.get(this.#userId) ?? 0
  }

  read(userId, seq) {
    if (seq <= (this.markers.get(userId) ?? 0)) return
    this.markers.set(userId, seq)
    this.#tell("read", { userId, seq })
  }

  /** Exactly these are online. */
  setOnline(userIds) {
    this.online = new Set(userIds)
    this.#tell("online")
  }

  cameOnline(userId) {
    this.online.add(userId)
    this.#tell("online")
  }

  wentOffline(userId) {
    this.online.delete(userId)
    this.#tell("online")
  }

  /**
   * The whole state at a change, from an event or the API; `flags` are one's own.
   * False: it is older than what is known, so something must be asked for again.
   */
  replace({ rev, name, owner_id, member_ids }, markers, flags) {
    for (const [id, seq] of Object.entries(markers)) this.read(Number(id), seq)
    if (rev < this.rev) return false
    const isNew = rev !== this.rev
    this.rev = rev
    this.#flags = flags
    this.#set({ name, owner_id, member_ids })
    if (isNew) this.#tell("changed")
    this.#tell("rights")
    return true
  }

  /**
   * Another name, owner or member. False: another owner, of whom the event doesn't say what
   * the former one may do now.
   */
  update(data) {
    if (!this.#isNews(data)) return true
    const isSameOwner = data.owner_id === this.ownerId
    this.#set(data)
    this.#tell("changed")
    this.#tell("rights")
    return isSameOwner
  }

  memberAdded({ user_id, rev }) {
    if (!this.#isNews({ rev })) return
    this.members.add(user_id)
    this.#tell("changed")
  }

  memberRemoved({ user_id, rev }) {
    if (!this.#isNews({ rev })) return
    this.members.delete(user_id)
    this.#tell("changed")
  }

  permissionsChanged({ user_id, rev, ...flags }) {
    if (!this.#isNews({ rev })) return
    if (user_id === this.#userId) this.#flags = flags
    this.#tell("changed")
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

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
