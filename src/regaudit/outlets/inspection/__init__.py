"""The monthly inspection: what is drawn and how it is computed again, its forms, what one may say of it."""
