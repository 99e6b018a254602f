"""From measured latencies to curves and findings. numpy only."""
