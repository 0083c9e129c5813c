"""Background work: Dramatiq broker, actors, schedule. Actors call one function each; the database is the truth, the broker a doorbell."""
