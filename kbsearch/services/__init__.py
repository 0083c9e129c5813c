"""The operations, by noun: one function per operation, used by every door. They run inside a unit that others open."""
