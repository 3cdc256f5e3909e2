"""What an import would make of an export, told before it is imported; and a mapping to begin with."""
