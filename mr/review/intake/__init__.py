"""How recordings come in: checked, uploaded, analysed; or refused, with the reason."""
