"""What leaves the review as a file: CSV, XLSX and PDF; pure, without a database or a web."""
