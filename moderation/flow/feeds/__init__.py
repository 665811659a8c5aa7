"""Feeds of campaigns: what people here decided as spam of late, told to other installations."""
