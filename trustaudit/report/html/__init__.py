"""The parts of the HTML report. ``report.as_html`` puts them together."""
