"""GraphQL subscriptions over WebSocket and event streams, fed from any append-only journal; knows nothing of what happens in it."""
