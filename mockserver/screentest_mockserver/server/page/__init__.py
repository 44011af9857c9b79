"""The mock's web page at `/_screentest/`: what happens in it, and forms for what may happen next."""
