"""省公司CRM of the sandbox: receives what HQ publishes, reviews it, publishes it to its users or revokes it."""
