"""Tests of the command line, as processes on data folders of their own."""
