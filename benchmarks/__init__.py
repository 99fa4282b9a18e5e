"""Speed and memory, each figure a ratio to something run beside it where that can be."""
