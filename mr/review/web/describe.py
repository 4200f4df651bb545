"""`python -m mr.review.web.describe`: the API's OpenAPI description, for the page's types."""

from __future__ import annotations

import json
import sys

from mr.review.web.app import api_app


def described() -> str:
    """Give the description as JSON text, the same for the same API."""
    return json.dumps(api_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(described())
