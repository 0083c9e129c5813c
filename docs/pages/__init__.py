"""One module a generated page; each turns what the code declares into text and writes nothing itself."""
