"""What the main job costs: `make bench`. Figures, no verdicts; the goals stand beside them."""
