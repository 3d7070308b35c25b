"""The only writers: each action is one transaction that ends in journal entries, nudges and hints."""
