"""URL -> read-only connection; the user's schema mapped to ours; queries run in time."""
