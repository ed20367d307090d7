# doc: manual pages and what a developer or administrator reads.
