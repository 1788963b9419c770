"""nn.Modules only: the coarse-to-fine edit generator."""
