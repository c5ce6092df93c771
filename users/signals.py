"""Signals about accounts; on these, `chats` closes sockets and removes people from groups."""

from django.dispatch import Signal

# The account `user` (a `User`) is being deleted; receivers delete what they keep of it.
account_deleted = Signal()

# Sign-ins of `user_id` have ended: the one with the id `sign_in`, or all but the one with the id
# `spared`, or all. `reason` is a text for people.
sign_ins_ended = Signal()
