"""HTTP words: requests, answers, accounts, forms, ranges, clocks and the journal."""
