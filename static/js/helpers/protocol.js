/** Numbers that the server and the browser share: `for_browser` of chats/protocol.py. */
export const protocol = JSON.parse(document.getElementById("protocol").textContent)
