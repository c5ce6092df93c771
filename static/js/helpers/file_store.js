// Files that are waiting to be sent, in IndexedDB, so that they outlast a reload; until the sign-out.

const NAME = "files"

const spare = new Map() // where there is no IndexedDB, as in some private windows: until the reload

/** Keep a file; its key begins with the id of its owner, as `user:…`. */
export async function keepFile(key, file) {
  spare.set(key, file)
  await inStore("readwrite", (store) => store.put(file, key)).catch(() => {})
}

/** A file that was kept; undefined if it is gone. */
export async function keptFile(key) {
  return spare.get(key) ?? (await inStore("readonly", (store) => store.get(key)).catch(() => undefined))
}

/** Forget these files. */
export async function dropFiles(keys) {
  for (const key of keys) {
    spare.delete(key)
    await inStore("readwrite", (store) => store.delete(key)).catch(() => {})
  }
}

/** Forget the files of all for whose owner (an id as text) this is true. */
export async function forgetFilesOf(isGone) {
  const known = await inStore("readonly", (store) => store.getAllKeys()).catch(() => [])
  await dropFiles([...known, ...spare.keys()].filter((key) => isGone(key.split(":")[0])))
}

async function inStore(mode, work) {
  const database = await opened()
  try {
    return await answer(work(database.transaction(NAME, mode).objectStore(NAME)))
  } finally {
    database.close()
  }
}

function opened() {
  const request = indexedDB.open("chat", 1)
  request.onupgradeneeded = () => request.result.createObjectStore(NAME)
  return answer(request)
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
