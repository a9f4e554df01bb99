"""End-to-end tests: the real programs on real servers, in the lab. As root:  ./test --e2e"""
