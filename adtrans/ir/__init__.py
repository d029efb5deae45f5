"""The SSA program, its types, its printer and its verifier."""
