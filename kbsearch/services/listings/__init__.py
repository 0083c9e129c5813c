"""Lists that people page through, by noun: filters, a fixed order, keyset positions. They read only."""
