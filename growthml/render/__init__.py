"""Pages from a run: one HTML file, the PDF report and its one-page summary.

`page` turns a Run into a plain view, `html` and `pdf` set that view in the templates.
"""
