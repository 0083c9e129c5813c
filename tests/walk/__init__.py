"""The walk, walked."""
