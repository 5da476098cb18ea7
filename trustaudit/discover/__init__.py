"""Which models, datasets and Spaces a code base uses: read from its files, nothing imported or run."""
