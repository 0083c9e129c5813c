"""The hand-operated pages of HQ and the provinces: forms in, templates out; they call the same operations as the APIs."""
