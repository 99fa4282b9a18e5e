"""Statistics: numbers and frames in, numbers and frames out.

Every effect is the new campaign minus the baseline. What cannot be computed is None with a reason
in words, never 0, NaN or infinity.
"""
