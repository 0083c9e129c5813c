"""The wire to headquarters and nothing else: messages, signing, relay. What a callback does is an operation in services."""
