"""Policy: findings and gaps in, a verdict and a score out. Pure; a policy file is the only thing ever read."""
