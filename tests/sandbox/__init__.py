"""Tests of the sandbox over real HTTP; the service is a double written with the standard library's hmac, not our own code."""
