// What a change of a group says in its history: the rules of chats/pages/lines.py.

import { isolate } from "helpers/text.js"
import { people } from "models/people.js"

export const MOST_OPEN = 3 // lines at one place; more are folded

const ACCESS = {
  private: "let nobody join by themselves",
  request: "let people ask to join",
  open: "let anybody join",
}
const HISTORY = {
  true: "let new members read what was said before",
  false: "let new members read only what is new",
}
const ASSISTANT = { true: "let @ai read what was said", false: "let @ai read only what it is asked" }

/** The line of an event of a group, as the API gives it but for its place; null: the event has none. */
export function lineOf(type, data) {
  const line = { rev: data.rev, kind: type, created_at: new Date().toISOString() }
  if (type === "member_added") return { ...line, by: data.added_by, user_id: data.user_id, user_name: data.name }
  if (type === "member_removed") return { ...line, by: data.removed_by, user_id: data.user_id, user_name: data.name }
  if (type === "message_pinned" && data.pinned_at) return { ...line, by: data.pinned_by, message_id: data.message_id }
  if (type !== "chat_updated" || !data.changed.length) return null
  const value = (name) => (data.changed.includes(name) ? data[name] : null)
  return {
    ...line,
    by: data.changed_by,
    user_id: value("owner_id"),
    name: value("name"),
    access: value("access"),
    history_for_new_members: value("history_for_new_members"),
    assistant_sees_history: value("assistant_sees_history"),
  }
}

export function sentence(line) {
  const by = nameOf(line.by, line.by_name)
  const user = nameOf(line.user_id, line.user_name)
  const isOwn = line.by === line.user_id
  const texts = {
    chat_created: () => `${by} created this group`,
    member_added: () => (isOwn ? `${user} joined` : `${by} added ${user}`),
    member_removed: () => (isOwn ? `${user} left` : `${by} removed ${user}`),
    message_pinned: () => `${by} pinned a message`,
    chat_updated: () => `${by} ${updates(line, user).join(" and ")}`,
  }
  return texts[line.kind]()
}

function updates(line, user) {
  return [
    line.name && `named the group “${isolate(line.name)}”`,
    line.user_id && `made ${user} the owner`,
    ACCESS[line.access],
    HISTORY[line.history_for_new_members],
    ASSISTANT[line.assistant_sees_history],
  ].filter(Boolean)
}

/** What is shown of many lines while they are folded; each has `kind`, `by` and `user_id`. */
export function summary(lines) {
  const count = lines.length
  const all = (kind, isOwn) => lines.every((line) => line.kind === kind && (line.by === line.user_id) === isOwn)
  if (all("member_added", true)) return `${count} people joined`
  if (all("member_removed", true)) return `${count} people left`
  const isOneDoer = new Set(lines.map(({ by }) => by)).size === 1
  if (all("member_added", false) && isOneDoer) return `${nameOf(lines[0].by)} added ${count} people`
  return `${count} changes`
}

function nameOf(id, name) {
  return isolate(people.name(id, "") || name || "Deleted user")
}
