"""The machines' ledgers, as the control machine knows them."""
