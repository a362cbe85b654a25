"""The first policy of a site: what a person answers, what its servers hold, and the inventory made of both."""
