"""Reports on their way to readers: mail, folder, chat; each at most once."""
