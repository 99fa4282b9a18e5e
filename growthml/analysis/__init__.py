"""What sections compute: frames from facts, and the charts and words made of them."""
