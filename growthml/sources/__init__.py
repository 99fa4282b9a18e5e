"""URL -> read-only connection; the user's schema mapped to ours; queries run and timed."""
