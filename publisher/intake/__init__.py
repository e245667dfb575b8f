"""Intake: records of libraries and registries become Turtle in data/ (`add`)."""
