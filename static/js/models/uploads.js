import { ApiError, Unreachable, csrfToken } from "helpers/api.js"
import { dropFiles, keepFile, keptFile } from "helpers/file_store.js"

const running = new Map() // requests, by the `client_id` of their entry

/** What an outbox keeps of files; their contents are kept apart. */
export async function keepAll(userId, clientId, files) {
  const kept = files.map(({ file, alt, width, height }, number) => ({
    key: `${userId}:${clientId}:${number}`,
    name: file.name,
    size: file.size,
    type: file.type,
    alt,
    width,
    height,
  }))
  await Promise.all(kept.map(({ key }, number) => keepFile(key, files[number].file)))
  return kept
}

/** Upload those of an entry's files that aren't there yet; each gets its `id`. Throws as `api` does. */
export async function uploadAll(entry, chatId, progressed) {
  const all = entry.files.reduce((sum, { size }) => sum + size, 0)
  let before = 0
  for (const file of entry.files) {
    if (!file.id) file.id = await upload(entry, file, chatId, (sent) => progressed(all && (before + sent) / all))
    before += file.size
    progressed(all && before / all)
  }
  return entry.files.map(({ id }) => id)
}

/** End the upload of an entry that is given up, and forget its files. */
export function dropAll({ client_id, files = [] }) {
  running.get(client_id)?.abort()
  return dropFiles(files.map(({ key }) => key))
}

async function upload(entry, file, chatId, progressed) {
  const content = await keptFile(file.key)
  if (!content) throw new ApiError(400, { detail: `${file.name} isn’t kept in this browser any more.` })
  const query = new URLSearchParams({ name: file.name, ...(file.alt && { alt: file.alt }) })
  const { id } = await post(entry, `/api/v1/chats/${chatId}/attachments?${query}`, content, progressed)
  return id
}

/** By an XMLHttpRequest, as `fetch` doesn't report progress. */
function post(entry, url, content, progressed) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    running.set(entry.client_id, request)
    request.open("POST", url)
    request.setRequestHeader("Accept", "application/json")
    request.setRequestHeader("Content-Type", "application/octet-stream")
    request.setRequestHeader("X-CSRFToken", csrfToken())
    request.upload.onprogress = ({ loaded }) => progressed(loaded)
    request.onload = () => settle(request, resolve, reject)
    request.onerror = () => reject(new Unreachable("The upload was cut off."))
    request.onabort = () => reject(new Unreachable("The upload was given up."))
    request.onloadend = () => running.delete(entry.client_id)
    request.send(content)
  })
}

function settle({ status, responseText }, resolve, reject) {
  let body = null
  try {
    body = JSON.parse(responseText)
  } catch {
    // An answer of a proxy.
  }
  if (status === 201 && body?.id) resolve(body)
  else reject(new ApiError(status, body))
}
