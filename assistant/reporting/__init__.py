"""The webmaster's report: what visitors ask, what the documents do not answer, and what is wrong in them."""
