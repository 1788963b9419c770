"""The warm predictor: checkpoint, runtime, device policy."""
