"""The consumer of the Channels tutorial, with its JSON form: one group, and a channel a socket."""
