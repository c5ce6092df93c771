"""Up to which change of a chat a client has everything (static/js/models/cursor.js)."""


class Cursor:
    """The highest `rev` before which nothing is missing."""

    def __init__(self, rev: int) -> None:
        self.rev = rev
        self._seen: set[int] = set()  # beyond a missing one

    @property
    def has_gap(self) -> bool:
        return bool(self._seen)

    def note(self, rev: int) -> None:
        if rev > self.rev:
            self._seen.add(rev)
        while self.rev + 1 in self._seen:
            self.rev += 1
            self._seen.discard(self.rev)

    def move_to(self, rev: int) -> None:
        """Everything up to this change is here."""
        self.rev = max(self.rev, rev)
        self._seen = {each for each in self._seen if each > self.rev}
        self.note(self.rev)
