"""What a repository is made from: who says so, whether they agree, and what comes down the line. Pure."""
