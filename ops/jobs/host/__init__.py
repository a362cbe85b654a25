"""What lies on this machine: folders, policy, credentials, states, repositories."""
