"""Files → trees of nodes with places; documents inside documents keep theirs."""
