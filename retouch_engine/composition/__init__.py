"""Edit to layers and marks, recomposition and guard; numpy only."""
