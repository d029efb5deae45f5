"""Specialisation: an untyped program at argument types becomes a typed one, calls resolved."""
