"""The reference, made from the code it is about: `make docs`."""
