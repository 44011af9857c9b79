"""From verdicts to documents: the canonical JSON report, its renderings, baselines and differences."""
