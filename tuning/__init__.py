"""The search: what may vary, one trial, the ledger of all trials. Only this room knows Ray."""
