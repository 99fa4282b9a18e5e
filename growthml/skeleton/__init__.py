"""What `growthml new-section` copies: a section that runs, and the test that says so."""
