"""The HTTP door of attached files beside the GraphQL one: bytes in, bytes out, same sign-in; what may be done is in services."""
