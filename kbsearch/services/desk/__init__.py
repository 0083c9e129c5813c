"""A person's own desk: favourites, what they last read and what changed since, their searches."""
