"""Signals about accounts; on these, `chats` closes sockets and removes people from groups."""

from django.dispatch import Signal

# The account `user` (a `User`) was deleted; receivers delete what they keep of it. Sent by a job,
# so it may take long, and be sent again.
account_deleted = Signal()

# `user_id` may have been activated or deactivated. Sent by a job, and maybe again.
activity_changed = Signal()

# `user_id` blocks `other_id`, or doesn't any more (`is_blocked`); sent after it is stored, and
# again when it is asked for again. Receivers raise what keeps them from following it.
blocks_changed = Signal()

# The names of `user` (a `User`) have changed; sent once that is committed. Receivers tell it to
# those who look at the former ones.
renamed = Signal()

# Sign-ins of `user_id` have ended: the one with the id `sign_in`, or all but the one with the id
# `spared`, or all. `reason` is a text for people.
sign_ins_ended = Signal()
