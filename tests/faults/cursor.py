"""Up to which change of a chat a client has everything (static/js/models/cursor.js)."""

MARGIN = 20  # changes; a number that far behind isn't under way any more


class Cursor:
    """The highest `rev` before which nothing is missing, but for `holes`.

    A hole is a number that was passed over because nothing had it: it may be that of a write that
    was still under way, so it is asked for again.
    """

    def __init__(self, rev: int) -> None:
        self.rev = rev
        self._seen: set[int] = set()  # beyond a missing one
        self._holes: set[int] = set()

    @property
    def has_gap(self) -> bool:
        return bool(self._seen)

    @property
    def confirmed(self) -> int:
        """From where to ask for what changed."""
        return min(self._holes, default=self.rev + 1) - 1

    def note(self, rev: int) -> None:
        self._holes.discard(rev)
        if rev > self.rev:
            self._seen.add(rev)
        self._advance()

    def move_to(self, rev: int) -> None:
        """Everything up to this change is here, whatever was missing."""
        self._holes.update(each for each in range(self.rev + 1, rev + 1) if each not in self._seen)
        self.rev = max(self.rev, rev)
        self._holes = {each for each in self._holes if each > self.rev - MARGIN}
        self._seen = {each for each in self._seen if each > self.rev}
        self._advance()

    def _advance(self) -> None:
        while self.rev + 1 in self._seen:
            self.rev += 1
            self._seen.discard(self.rev)
