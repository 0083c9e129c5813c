"""版本同步: compares what both sides hold, plans the repair, and judges the pushes that carry it out; headquarters is right."""
