"""The succession kit: what those need who move, freeze, keep or take over a publication."""
