"""The ledger: entries from 挂账 to 销号, the people who deal with them, their limits and lights."""
