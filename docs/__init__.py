"""The generators of the generated pages; not shipped, and nothing in kbsearch imports from here."""
