"""The workflow as data and the pure deciding core; knows no SQL, HTTP, clock or queue."""
