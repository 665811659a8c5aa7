"""People at work: how they log in, what they may see, and what is noted of what they do."""
