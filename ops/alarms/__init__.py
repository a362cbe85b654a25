"""Alarms: which findings become one, whom they call and how often, and the channels by which they go.

`check` turns the samples of one check into raised, worse and cleared; `engine` makes incidents of these and says what
is to be told. Both are pure: they are given the time, and ask nobody. `store` keeps what they must remember,
`channels` has one kind of channel each.
"""
