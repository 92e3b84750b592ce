"""Fetches exports from where they are dropped off (a folder, SFTP) into the landing folder: once, whole, durably."""
