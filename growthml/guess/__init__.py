"""From a database nobody has described to the config of a first report."""
