#!lua flags=allow-oom
-- Forgets what people decided of whoever is known by some keyed hashes.
-- KEYS: prefix of authors
-- ARGV: the hashes, six bytes each, or the first two alone, a hundred at most
-- Answer: of how many something was known
return weighing(signals()).drop(KEYS[1], ARGV)
