"""`kbsearch demo`: service, headquarters and provinces on one command; each of them is the ordinary program in a process of its own."""
