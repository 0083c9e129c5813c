"""Feedback 知识反馈: received, given, handled, followed by its submission, reminded of, counted; imports nothing itself.

`following` is called from where submissions change state, so it must not import what changes them (`handling` does).
"""
