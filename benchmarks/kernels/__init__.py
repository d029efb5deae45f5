"""Classical kernels as people write them in NumPy, each with a function that makes a number of its results.

Nothing in the kernels knows of derivatives; `registry` says with what arguments to call them.
"""
