"""What is measured, always beside a floor taken in the same run."""
