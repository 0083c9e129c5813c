"""The other two systems, HQ and provinces, to try and to test against; imports nothing of kbsearch outside this folder.

A test tool: its pages and APIs ask for no login, answer on loopback names only, and take forms from their own pages only; the
inboxes and the attachments trust signatures alone.
"""
