"""What people say of comments, and the learner that each site makes of it."""
