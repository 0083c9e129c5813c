"""Measurements, run by hand as `python -m bench.<name>`; nothing imports from here."""
