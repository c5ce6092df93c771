// The reactions below a message: templates/jinja2/chats/_reactions.html. What a row shows is what is known of it.

const chipsOf = (box) => [...(box?.querySelectorAll(".reaction") ?? [])]
const boxOf = (row) => row.querySelector('[data-part="reactions"]')

/** Whether what arrives is an event of a reaction, and not a message. */
export function isReaction({ is_added }) {
  return is_added !== undefined
}

/** What a row shows: `reactions` as on the wire, and which of them are one's own (`own`). */
export function readReactions(row) {
  const chips = chipsOf(boxOf(row))
  const own = chips.filter(({ ariaPressed }) => ariaPressed === "true")
  return { reactions: chips.map(read), own: new Set(own.map(({ dataset }) => dataset.emoji)) }
}

/**
 * Which of a message's reactions are one's own: the API says so. Events are the same for everybody, and tell
 * the first of many people: whoever isn't among them has still what their row shows.
 */
export function ownAmong({ reactions = [], own_reactions }, row, userId) {
  if (own_reactions) return new Set(own_reactions)
  const { own } = readReactions(row)
  const isOwn = ({ emoji, count, user_ids }) =>
    user_ids.includes(userId) || (count > user_ids.length && own.has(emoji))
  return new Set(reactions.filter(isOwn).map(({ emoji }) => emoji))
}

/** What a row shows, with one more reaction of one's own or without it. */
export function withOwn({ reactions, own }, emoji, isAdded, userId) {
  const known = reactions.some((each) => each.emoji === emoji)
  const all = known ? reactions : [...reactions, { emoji, count: 0, user_ids: [] }]
  const changed = all.map((each) => (each.emoji === emoji ? change(each, isAdded, userId) : each))
  const left = new Set(own)
  left[isAdded ? "add" : "delete"](emoji)
  return { reactions: changed.filter(({ count }) => count > 0), own: left }
}

/** Show reactions in their part of a row; a chip that stays keeps the focus. */
export function showReactions(row, { reactions, own }) {
  const box = boxOf(row)
  const chips = new Map(chipsOf(box).map((chip) => [chip.dataset.emoji, chip]))
  const [sample] = chips.values()
  const shown = reactions.map((each) => {
    const chip = chips.get(each.emoji) ?? sample.cloneNode(true)
    chips.delete(each.emoji)
    return fill(chip, each, own.has(each.emoji))
  })
  const isLost = [...chips.values()].includes(document.activeElement)
  for (const chip of chips.values()) chip.remove()
  for (const [at, chip] of shown.entries()) {
    if (box.children[at] !== chip) box.insertBefore(chip, box.children[at])
  }
  if (isLost) row.focus({ preventScroll: true })
}

function read({ dataset, lastElementChild }) {
  const user_ids = dataset.userIds.split(" ").filter(Boolean).map(Number)
  return { emoji: dataset.emoji, count: Number(lastElementChild.textContent), user_ids }
}

function fill(chip, { emoji, count, user_ids }, isOwn) {
  chip.ariaPressed = isOwn
  chip.dataset.emoji = emoji
  chip.dataset.userIds = user_ids.join(" ")
  chip.firstElementChild.textContent = emoji
  chip.lastElementChild.textContent = count
  return chip
}

function change(reaction, isAdded, userId) {
  const others = reaction.user_ids.filter((id) => id !== userId)
  const user_ids = isAdded ? [...others, userId] : others
  return { ...reaction, user_ids, count: reaction.count + (isAdded ? 1 : -1) }
}
