"""What the Akismet protocol asks for; the only room of the flow that knows the protocol."""
