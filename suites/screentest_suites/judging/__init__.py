"""One verdict per requirement, and the proofs that the suites give the right one."""
