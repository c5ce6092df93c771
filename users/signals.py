"""What other apps hear of accounts; `chats` closes sockets and leaves groups by these."""

from django.dispatch import Signal

# The account `user` (a `User`) is being deleted: whatever is kept of it elsewhere goes now.
account_deleted = Signal()

# Sign-ins of `user_id` have ended, for people because of `reason`: that with the id `sign_in`, or
# all but that with the id `spared`, or all.
sign_ins_ended = Signal()
