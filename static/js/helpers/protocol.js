/** The numbers that the server shares with this page: chats/protocol.py, `for_browser`. */
export const protocol = JSON.parse(document.getElementById("protocol")?.textContent ?? "{}")
