"""What a link leads to, in a few words: pages are fetched here, from public addresses alone."""
