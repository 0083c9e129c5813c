"""GraphQL over HTTP for any Strawberry schema; knows nothing of the store, the services or the schema it serves."""
