"""The call library, recordings and exports."""
