/** The messages of a user that could not be sent, of all chats, in the order of their writing. */
export function failedOf(userId) {
  const failed = []
  for (const [key, value] of Object.entries(localStorage)) {
    const [kind, owner, chat_id] = key.split(":")
    if (kind !== "outbox" || owner !== String(userId)) continue
    const entry = JSON.parse(value)
    if (entry.state === "failed") failed.push({ chat_id, ...entry })
  }
  return failed.sort((one, other) => one.created_at.localeCompare(other.created_at))
}
