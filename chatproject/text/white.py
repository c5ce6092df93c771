"""White space of both Python and JavaScript: the `\\s` of neither has all of the other's."""

# Inside the brackets of a regular expression; the same in static/js/helpers/text.js.
WHITE = (
    "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
)
