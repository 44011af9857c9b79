"""What an operation is given beside its request."""
