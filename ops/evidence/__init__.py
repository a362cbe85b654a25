"""Evidence: the ledger of every act, chained line by line and signed, verifiable with standard tools alone."""
