"""What crosses from one room to another: the shapes of the kinds, and the formats that outlive a release."""
