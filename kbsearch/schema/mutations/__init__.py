"""The mutations, one module per user of them; each opens one transaction through `carrying` and calls one operation."""
