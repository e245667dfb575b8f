"""Verifying a downloaded release: is it whole, and is it what was released?"""
