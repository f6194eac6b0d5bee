"""What packages point at: sealed ones are known, listed, and never taken apart."""
