"""The dead-link report: where the graph leads outside, and what answers there.

Run by hand where a network is there, never by a test against anything but this machine.
"""
