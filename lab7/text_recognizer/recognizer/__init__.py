"""The product: reads pages with an artifact, from a picture to a `Reading`."""
