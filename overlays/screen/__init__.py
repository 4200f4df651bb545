"""The mirror for a second screen: a page in any browser, fed by a view process of its own."""
