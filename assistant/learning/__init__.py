"""From what the user makes of Telos's texts to evidence of what they prefer."""
