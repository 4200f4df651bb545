"""How recordings come in: checked, whole or not at all."""
