"""What people take in hand: one file a document, each a pure function of the drop and the plan."""
