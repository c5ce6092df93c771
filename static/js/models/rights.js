import { protocol } from "helpers/protocol.js"

/** What a member may do in a chat, by the four stored flags: the rules of chats/permissions.py. */
export function rightsOf({ isGroup, isOwner, flags, members }) {
  const has = (flag) => isOwner || (isGroup && Boolean(flags[flag]))
  // In a private chat nobody may while one of the two blocks the other.
  const canSend = isOwner || Boolean(flags.can_send_messages)
  return {
    can_send_messages: canSend,
    can_change_permissions: has("can_change_permissions"),
    can_grant_permissions: has("can_change_permissions") && canSend,
    can_remove_members: has("can_remove_members"),
    can_delete_other_messages: has("can_delete_other_messages"),
    can_mention_all: members <= protocol.mention_all_members || has("can_remove_members"),
    can_pin_messages: isGroup ? has("can_delete_other_messages") : canSend,
    can_add_members: isGroup && canSend,
    can_rename: has("can_change_permissions") && canSend,
    can_delete_chat: isOwner || !isGroup,
    can_leave: isGroup && !isOwner,
  }
}
