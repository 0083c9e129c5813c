"""Announcements and their replies: drafting, what HQ delivers, release to local users, reading, lists, reminders."""
